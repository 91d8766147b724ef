/** What can be told of an answer without a judge: how likely the model finds it, how long it is, how much it repeats itself, and what got worse. Pure. */

export interface AnswerFacts {
  /** Mean of its tokens, given the question alone; nats. */
  readonly logProb: number;
  readonly tokens: number;
  /** Distinct among all groups of four words that follow one another; a share. */
  readonly distinct: number;
}

export interface OutlineFacts {
  readonly points: number;
  /** Points without text. */
  readonly empty: number;
  /** Points that say what an earlier one says. */
  readonly same: number;
}

/** From which an answer counts as worse than the plain one to the same question. */
export const WORSE = {
  /** Lost log-probability, nats a token: as if every token were a tenth less likely. */
  logProb: 0.1,
  /** Lost share of distinct groups. */
  distinct: 0.05,
  /** Of the plain answer's tokens. */
  length: 0.5,
  /** Of the words of two points, those that both have, from which on they say the same. */
  same: 0.5,
} as const;

const GROUP = 4;
/** Shorter words say little of what a point is about. */
const WORD_CHARS = 4;

export function distinctShare(text: string): number {
  const words = wordsOf(text);
  const groups = words.slice(GROUP - 1).map((_, i) => words.slice(i, i + GROUP).join(" "));
  return groups.length === 0 ? 1 : new Set(groups).size / groups.length;
}

export function outlineFacts(points: readonly string[]): OutlineFacts {
  const words = points.map((text) => new Set(wordsOf(text).filter((word) => word.length >= WORD_CHARS)));
  const same = words.filter((own, i) => words.slice(0, i).some((earlier) => overlap(own, earlier) >= WORSE.same));
  const empty = points.filter((text) => text.trim() === "");
  return { points: points.length, empty: empty.length, same: same.length };
}

/** In words; none: it did not get worse in any of these respects. */
export function worseIn(plain: AnswerFacts, other: AnswerFacts, outline: OutlineFacts | null): readonly string[] {
  return [
    ...(plain.logProb - other.logProb > WORSE.logProb ? ["less likely"] : []),
    ...(plain.distinct - other.distinct > WORSE.distinct ? ["repeats itself"] : []),
    ...(other.tokens < WORSE.length * plain.tokens ? ["short"] : []),
    ...(outline !== null && outline.empty > 0 ? ["an empty point"] : []),
    ...(outline !== null && outline.same > 0 ? ["points say the same"] : []),
  ];
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = [...a].filter((word) => b.has(word)).length;
  const all = a.size + b.size - both;
  return all === 0 ? 0 : both / all;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
