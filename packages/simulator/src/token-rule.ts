/**
 * Which tokens a simulated model says, as a state machine over the tokens of a line: the state after a token says which one comes next. States are whole
 * numbers below 2^24, so that they travel as the rows' activations.
 */
export interface TokenRule {
  /** Before the first token. */
  readonly start: number;
  step(state: number, token: number): number;
  next(state: number): number;
}

/** Ids below are often special ones, that end an answer. */
const FIRST = 16;
const LAST = 255;

/** Every token is followed by the next number, from 255 on by 16: text that never ends and that nobody reads. */
export const countingRule: TokenRule = {
  start: 0,
  step: (_, token) => token,
  next: (state) => (state < FIRST || state >= LAST ? FIRST : state + 1),
};

export interface TracedCase {
  readonly promptIds: readonly number[];
  /** What the model said to it. */
  readonly greedy: readonly number[];
}

/** Off every recorded line; what is said there is never looked at. */
const OFF = 0;
const START = 1;

/** Recorded text: on the path of a prompt and its answer the answer's next token, elsewhere token 0. */
export function traceRule(cases: readonly TracedCase[]): TokenRule {
  const children = new Map<number, Map<number, number>>();
  const answers = new Map<number, number>();
  let states = START;
  for (const { promptIds, greedy } of cases) {
    let state = START;
    const tokens = [...promptIds, ...greedy];
    tokens.forEach((token, i) => {
      if (i >= promptIds.length) answers.set(state, token);
      const row = children.get(state) ?? new Map<number, number>();
      children.set(state, row);
      const child = row.get(token) ?? ++states;
      row.set(token, child);
      state = child;
    });
  }
  return {
    start: START,
    step: (state, token) => children.get(state)?.get(token) ?? OFF,
    next: (state) => answers.get(state) ?? 0,
  };
}
