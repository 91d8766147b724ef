/** What this browser keeps of models, as it says while layers are loaded. */
export const storage = {
  full: "This browser has no more room for weights: what is missing will be fetched again next time. Free some disk space.",
  evicted: (model: string) =>
    `Stored weights of ${model} were deleted to make room: it was not used for the longest time.`,
};
