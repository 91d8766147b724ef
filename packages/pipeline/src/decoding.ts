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

/** Decoding as people choose it. */
export interface DecodingChoice {
  readonly strategy: Strategy;
  readonly drafters: readonly string[];
  readonly rows?: number;
  /** Of `continuous`. Without it one more than stages: each is busy while one frame is on its way. */
  readonly windows?: number;
}

/** Of a frame beyond the first four rows the last one hardly ever holds. */
const ROWS = 4;

/** In a ring of so many stages. */
export function decodingOf({ strategy, drafters, rows = ROWS, windows }: DecodingChoice, stages: number): Decoding {
  switch (strategy) {
    case "plain":
      return PLAIN;
    case "window":
      return { rows, windows: 1, drafters };
    case "continuous":
      return { rows, windows: windows ?? stages + 1, drafters };
    default:
      return strategy satisfies never;
  }
}
