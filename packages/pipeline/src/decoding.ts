/** When a draft holds. `exact`: where it is what plain decoding would have chosen. `typical` (`typical.ts`): lossy, another text. */
export type AcceptanceRule = "exact" | "typical";

/** How an answer is decoded. Every form of exact acceptance gives the same text; they differ in what is sent before it is known to be right. */
export interface Decoding {
  /** Rows of one answer in a frame, the certain one included. 1: nothing is drafted. */
  readonly rows: number;
  /** Frames of one answer on their way at once. 1: drafts go with the certain row only, and wait for its verdict. */
  readonly windows: number;
  /** Names of the drafters that may be asked. */
  readonly drafters: readonly string[];
  /** `exact` if not told. */
  readonly acceptance?: AcceptanceRule;
  /** Drafters that take time are asked at every place, whether they pay or not: for tests. Not told: no. */
  readonly asksAlways?: boolean;
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
  /** `exact` if not told. */
  readonly acceptance?: AcceptanceRule;
  /** As in `Decoding`. */
  readonly asksAlways?: boolean;
}

/** `PLAIN`, as people choose it. */
export const PLAINLY: DecodingChoice = { strategy: "plain", drafters: [] };

/** Of a frame beyond the first six rows the last one hardly ever holds. */
const ROWS = 6;

/** In a ring of so many stages. */
export function decodingOf(choice: DecodingChoice, stages: number): Decoding {
  const { strategy, drafters, rows = ROWS, windows, acceptance = "exact", asksAlways = false } = choice;
  switch (strategy) {
    case "plain":
      return PLAIN;
    case "window":
      return { rows, windows: 1, drafters, acceptance, asksAlways };
    case "continuous":
      return { rows, windows: windows ?? stages + 1, drafters, acceptance, asksAlways };
    default:
      return strategy satisfies never;
  }
}
