/** What a plan says of one answer, to be held against what it then took. */
import { bestSlices, lapMs, returnMs, slicesMs, type Pipe } from "@jupiter/planner";

export interface Expected {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
}

export interface AnswerSizes {
  readonly promptTokens: number;
  /** Of them, those that were still cached. */
  readonly reusedTokens: number;
  /** Of the answer. */
  readonly tokens: number;
}

/** With its prompt cut in chunks of `chunkRows`, or, for null, as well as can be, which the plan's table comes close to. */
export function expectedOf(
  pipe: Pipe,
  { promptTokens, reusedTokens, tokens }: AnswerSizes,
  chunkRows: number | null = null,
): Expected {
  const fresh = Math.max(1, promptTokens - reusedTokens);
  const slices = chunkRows === null ? bestSlices(pipe, fresh, reusedTokens) : chunksOf(fresh, chunkRows);
  return {
    firstTokenMs: slicesMs(pipe, slices, reusedTokens) + returnMs(pipe, 1),
    tokensPerSecond: 1000 / lapMs(pipe, 1, promptTokens + Math.floor(tokens / 2)),
  };
}

function chunksOf(tokens: number, rows: number): readonly number[] {
  return Array.from({ length: Math.ceil(tokens / rows) }, (_, i) => Math.min(rows, tokens - i * rows));
}

export interface Compared {
  readonly kind: "less" | "alike" | "more";
  /** Above 0. */
  readonly by: number;
}

/** People notice no tenth part of a time or a speed, nor what is below `leastNoticed`. */
export function comparedTo(expected: number, measured: number, leastNoticed: number): Compared {
  const by = Math.abs(measured - expected);
  if (by < Math.max(leastNoticed, expected / 10)) return { kind: "alike", by };
  return { kind: measured < expected ? "less" : "more", by };
}

/** Of `expected` over `measured`, in percent; above 0: it was foretold too long or too fast. */
export function errorPercent(expected: number, measured: number): number {
  return Math.round((100 * (expected - measured)) / measured);
}
