/** Two reports of the same suites: what is faster, what is slower, and what is only noise. */
import { percent } from "../percent.ts";
import { figure, noiseOf, type Report } from "./report.ts";
import type { Row } from "./row.ts";

export interface Difference {
  readonly suite: string;
  readonly name: string;
  readonly before: Row;
  readonly after: Row;
  /** Of the median, as a share of what it was. */
  readonly share: number;
  /** What the difference would have to exceed. */
  readonly noise: number;
  readonly verdict: "none" | "better" | "worse" | "changed";
}

/** Of rows that both have. */
export function differences(before: Report, after: Report): readonly Difference[] {
  return after.suites.flatMap((suite) => {
    const old = before.suites.find(({ name }) => name === suite.name);
    return suite.rows.flatMap((row): Difference[] => {
      const known = old?.rows.find(({ name }) => name === row.name);
      if (old === undefined || known === undefined) return [];
      const share = known.median === row.median ? 0 : row.median / known.median - 1;
      const noise = Math.max(noiseOf(known, old.floor), noiseOf(row, suite.floor));
      return [
        {
          suite: suite.name,
          name: row.name,
          before: known,
          after: row,
          share,
          noise,
          verdict: verdictOf(row, share, noise),
        },
      ];
    });
  });
}

function verdictOf({ better }: Row, share: number, noise: number): Difference["verdict"] {
  if (better === "same") return share === 0 ? "none" : "changed";
  if (Math.abs(share) <= noise) return "none";
  return share < 0 === (better === "less") ? "better" : "worse";
}

export function comparison(all: readonly Difference[]): string {
  if (all.length === 0) return "The reports have no row in common.";
  const outside = all.filter(({ verdict }) => verdict !== "none");
  const lines = outside.map(
    ({ suite, name, before, after, share, noise, verdict }) =>
      `${verdict.padEnd(7)}  ${suite}: ${name}: ${figure(before.median)} to ${figure(after.median)} ${after.unit} (${share > 0 ? "+" : ""}${percent(share, 1)}, noise ${percent(noise, 1)})`,
  );
  return [
    ...lines,
    `${outside.length} of ${all.length} rows (${percent(outside.length / all.length, 1)}) differ by more than their noise.`,
  ].join("\n");
}
