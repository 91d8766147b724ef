/** How far simulated runs are from others: rows and table of the report. */
import { percent } from "../../percent.ts";
import type { MeasuredCase } from "../../ring/run.ts";
import { row, type Row } from "../row.ts";

export const PARTS = [
  ["prefill", "prefillMsPerToken"],
  ["decode", "decodeMsPerToken"],
] as const;

type Case = Pick<MeasuredCase, "id" | "ids" | Field>;

/** A case as it was simulated, and as it was run. */
export interface Pair {
  readonly id: string;
  readonly mine: Case;
  readonly theirs: Case;
}

type Field = (typeof PARTS)[number][1];

export function pairs(mine: readonly Case[], theirs: readonly Case[]): Pair[] {
  return mine.flatMap((one) => {
    const other = theirs.find(({ id }) => id === one.id);
    return other === undefined ? [] : [{ id: one.id, mine: one, theirs: other }];
  });
}

export function errorOf({ mine, theirs }: Pair, field: Field): number {
  return (mine[field] ?? NaN) / (theirs[field] ?? NaN) - 1;
}

export function meanError(all: readonly Pair[], field: Field): number {
  return (100 * all.reduce((sum, pair) => sum + Math.abs(errorOf(pair, field)), 0)) / all.length;
}

/** What was measured and how far the simulation was from it, by prompt and part. */
export function rowsOf(who: string, source: Row["source"], all: readonly Pair[]): Row[] {
  const ids = [...new Set(all.map(({ id }) => id))];
  return ids.flatMap((id) =>
    PARTS.flatMap(([part, field]) => {
      const own = all.filter((pair) => pair.id === id);
      const [{ mine } = { mine: null }] = own;
      const what = `${part}, prompt of ${mine?.ids.length ?? 0} tokens`;
      return [
        row(
          { name: `${who}: ${what}`, unit: "ms/token", source, better: "less" },
          own.map(({ theirs }) => theirs[field] ?? NaN),
        ),
        row(
          { name: `${who}: error of ${what}`, unit: "%", source, better: "less" },
          own.map((pair) => 100 * Math.abs(errorOf(pair, field))),
        ),
      ];
    }),
  );
}

export const COLUMNS = ["ring", "prompt", ...PARTS.flatMap(([part]) => [`${part}, measured`, "foretold", "off by"])];

/** A line a prompt. */
export function linesOf(who: string, all: readonly Pair[]): (readonly string[])[] {
  return [...new Set(all.map(({ id }) => id))].map((id) => {
    const own = all.filter((pair) => pair.id === id);
    const cells = PARTS.flatMap(([, field]) => {
      const mean = (of: "mine" | "theirs") => own.reduce((sum, pair) => sum + (pair[of][field] ?? NaN), 0) / own.length;
      const errors = own.map((pair) => Math.abs(errorOf(pair, field)));
      const most = own.length === 1 ? "" : ` (${percent(Math.max(...errors), 1)})`;
      return [mean("theirs").toFixed(2), mean("mine").toFixed(2), `${percent(meanError(own, field) / 100, 1)}${most}`];
    });
    return [who, `${own[0]?.mine.ids.length ?? 0}`, ...cells];
  });
}
