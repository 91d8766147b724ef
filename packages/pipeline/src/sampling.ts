/** How the next token is chosen among those that the model finds possible. */
export interface SamplingPolicy {
  /** 0: greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0: no limit. */
  readonly topK: number;
  readonly seed: number;
}

/** The likeliest token at every place; no seed changes anything. */
export const GREEDY: SamplingPolicy = { temperature: 0, topP: 1, topK: 0, seed: 1 };
