/** What this browser keeps of models, as it says while layers are loaded. */
export const storage = {
  full: "The disk, or this browser’s part of it, is full: the ring goes on from memory, and what could not be kept is fetched again next time. Free some disk space.",
  evicted: (model: string) =>
    `Stored weights of ${model} were deleted to make room: it was not used for the longest time.`,
};
