/** Paths of the files in `out` that the command wrote earlier. Throws with one sentence if `out` is in use for something else. */
export function ownFiles(out: string): string[];

/** Removes what the command wrote earlier, and notes that it writes `files` next. Throws, with all as it was, if one of these is somebody else's. */
export function claimFolder(out: string, files: readonly string[]): void;
