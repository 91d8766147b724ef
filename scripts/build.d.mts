/** Builds the page into dist/, unless it is there from the very same sources. Throws with the builder's output. */
export function ensureBuilt(say?: (message: string) => void): void;
