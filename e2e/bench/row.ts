/** What a suite measured: one figure, all its raw values, and how they came about. */
import type { Source } from "../ring/measures.ts";
import type { Turns } from "./alternate.ts";
import { spread, type Spread } from "./stats.ts";

export interface Row extends Spread {
  /** Unique in its suite; the same in every run. */
  readonly name: string;
  readonly unit: string;
  readonly source: Source;
  /** Which way a difference is good; `same`: neither. */
  readonly better: "less" | "more" | "same";
  /** What the raw values are. `repeats`: of one thing, measured again. `items`: of a question, a tab or a ring each, the same in every run. `exact`: what no machine changes. */
  readonly values: "repeats" | "items" | "exact";
}

export type RowFacts = Omit<Row, keyof Spread | "values"> & Partial<Pick<Row, "values">>;

/**
 * `raw` in the order of measuring; repeats, where the facts do not say, and exact on the simulator's clock. Throws `RangeError` for what is no figure: a
 * report with it could not be read again.
 */
export function row(facts: RowFacts, raw: readonly number[]): Row {
  if (raw.length === 0 || !raw.every(Number.isFinite))
    throw new RangeError(`"${facts.name}" has no figure: [${raw.join(", ")}]`);
  return { values: facts.source === "simulated" ? "exact" : "repeats", ...facts, ...spread(raw) };
}

/** Of two rows' values of the same rounds, so that what slowed a round down slows both. */
export function ratio(
  facts: Omit<RowFacts, "unit" | "values">,
  over: readonly number[],
  under: readonly number[],
): Row {
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
