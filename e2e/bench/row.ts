/** What a suite measured: one figure, all its raw values, and how they came about. */
import type { Source } from "../ring/measures.ts";
import type { Turns } from "./alternate.ts";
import { spread, type Spread } from "./stats.ts";

export interface Row extends Spread {
  /** Unique in its suite; the same in every run. */
  readonly name: string;
  readonly unit: string;
  readonly source: Source;
  /** Which way a difference is good; `same`: a count that only another program changes. */
  readonly better: "less" | "more" | "same";
}

export type RowFacts = Omit<Row, keyof Spread>;

/** `raw` in the order of measuring. */
export function row(facts: RowFacts, raw: readonly number[]): Row {
  return { ...facts, ...spread(raw) };
}

/** Of two rows' values of the same rounds, so that what slowed a round down slows both. */
export function ratio(facts: Omit<RowFacts, "unit">, over: readonly number[], under: readonly number[]): Row {
  const rounds = Math.min(over.length, under.length);
  return row(
    { ...facts, unit: "times" },
    Array.from({ length: rounds }, (_, i) => over[i]! / under[i]!),
  );
}

/** How many times as long each of `overs` took as `under`, in tabs that compute; `titles`: of what was measured, by its name in `turns`. */
export function timesOver(
  turns: Turns,
  overs: readonly string[],
  under: string,
  titles: Readonly<Record<string, string>>,
): Row[] {
  return overs.flatMap((over) =>
    Object.entries(titles).map(([what, title]) =>
      ratio(
        { source: "real", better: "more", name: `${title}: ${over} / ${under}` },
        turns.of(over, what),
        turns.of(under, what),
      ),
    ),
  );
}
