/** How an answer is decoded. Every form gives the same text; they differ in what is sent before it is known to be right. */
export interface Decoding {
  /** Rows of one answer in a frame, the certain one included. 1: nothing is drafted. */
  readonly rows: number;
  /** Frames of one answer on their way at once. 1: drafts go with the certain row only, and wait for its verdict. */
  readonly windows: number;
  /** Names of the drafters that may be asked. */
  readonly drafters: readonly string[];
}

export const PLAIN: Decoding = { rows: 1, windows: 1, drafters: [] };

export type Strategy = "plain" | "window" | "continuous";

/** Rows of a frame beyond which the last one hardly ever holds (shared study: three to five). */
const DEFAULT_ROWS = 4;

/** `stages`: of the ring. One frame more than stages keeps each of them busy while one is on its way. */
export function decodingOf(
  strategy: Strategy,
  stages: number,
  drafters: readonly string[],
  { rows = DEFAULT_ROWS, windows = stages + 1 }: { readonly rows?: number; readonly windows?: number } = {},
): Decoding {
  switch (strategy) {
    case "plain":
      return PLAIN;
    case "window":
      return { rows, windows: 1, drafters };
    case "continuous":
      return { rows, windows, drafters };
    default:
      return strategy satisfies never;
  }
}
