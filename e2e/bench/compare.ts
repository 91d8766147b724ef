/** Two reports of the same suites: what is faster, what is slower, and what is only noise. */
import { percent } from "../percent.ts";
import { figure, type Report, type SuiteReport } from "./report.ts";
import type { Row } from "./row.ts";
import { chanceOf, chanceOfOne, spread } from "./stats.ts";

/** What a slower machine makes longer or less; ratios are taken within a round. */
const TIMED = ["ms", "ms/token", "s", "MB/s"];

export interface Difference {
  readonly suite: string;
  readonly name: string;
  readonly before: Row;
  readonly after: Row;
  /** Of the median; of items the median of what each differs by. As a share of the median before. */
  readonly share: number;
  /** What the difference would have to exceed, as such a share; null: it was measured once, and nobody knows. */
  readonly noise: number | null;
  readonly verdict: "none" | "better" | "worse" | "changed" | "unknown";
}

/** Of rows that both have, of the same unit: a count of so many is another row if it is of others. */
export function differences(before: Report, after: Report): readonly Difference[] {
  const known = rowsByName(before);
  return [...rowsByName(after)].flatMap(([key, { suite, row }]): Difference[] => {
    const old = known.get(key);
    if (old === undefined) return [];
    const floor = Math.max(old.suite.floor ?? 0, suite.floor ?? 0);
    const drift = row.source === "real" && TIMED.includes(row.unit) ? paceDrift(old.suite, suite) : 0;
    const { share, noise } = apart(old.row, row, Math.max(floor, drift));
    const verdict = verdictOf(row, share, noise);
    return [{ suite: suite.name, name: row.name, before: old.row, after: row, share, noise, verdict }];
  });
}

/** By what share this machine itself was faster or slower, and what that is unsure by; 0 where it was not timed. */
function paceDrift(before: SuiteReport, after: SuiteReport): number {
  const times = paceTimes(before, after);
  if (times === null) return 0;
  const unsure = (chanceOf(before.paceMs, after.paceMs) ?? 0) / spread(before.paceMs).median;
  // Slower and faster alike: half as fast is as far as twice as fast.
  return Math.max(times, 1 / times) - 1 + unsure;
}

/** Times as long as before that this machine took for its fixed calculation; null where it was not timed. */
function paceTimes({ paceMs: before }: SuiteReport, { paceMs: after }: SuiteReport): number | null {
  return before.length === 0 || after.length === 0 ? null : spread(after).median / spread(before).median;
}

function apart(before: Row, after: Row, floor: number): Pick<Difference, "share" | "noise"> {
  const scale = Math.abs(before.median) || 1;
  const [a, b] = [before.raw, after.raw].map((raw) => raw.map((value) => value / scale)) as [number[], number[]];
  const share = (after.median - before.median) / scale;
  if (after.values === "exact") return { share, noise: 0 };
  const noiseOver = (chance: number | null) => (chance === null ? null : Math.max(floor, chance));
  if (after.values === "repeats" || a.length !== b.length) return { share, noise: noiseOver(chanceOf(a, b)) };
  const each = b.map((value, i) => value - a[i]!);
  return { share: spread(each).median, noise: noiseOver(chanceOfOne(each)) };
}

function verdictOf({ better }: Row, share: number, noise: number | null): Difference["verdict"] {
  if (noise === null) return share === 0 ? "none" : "unknown";
  if (Math.abs(share) <= noise) return "none";
  if (better === "same") return "changed";
  return share < 0 === (better === "less") ? "better" : "worse";
}

/** What differs between the runs themselves: figures of two machines say little of a change. */
function otherCircumstances(before: Report, after: Report): readonly string[] {
  const facts = ({ machine, versions, options, form, rounds }: Report): Readonly<Record<string, string>> => ({
    processor: machine.cpu,
    cores: String(machine.cores),
    memory: `${Math.round(machine.memoryBytes / 1e9)} GB`,
    system: machine.system,
    Chromium: machine.browser,
    Node: machine.node,
    GPU: machine.gpu ?? "none",
    form,
    rounds: String(rounds),
    ...options,
    ...versions,
  });
  const [old, now] = [facts(before), facts(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((name) => old[name] !== now[name])
    .map((name) => `${name} ${old[name] ?? "none"} and ${now[name] ?? "none"}`);
}

/** In words: what else differed, each row outside its noise, how many of all they are, and how many were measured once. */
export function comparison(before: Report, after: Report): string {
  const all = differences(before, after);
  if (all.length === 0) return "The reports have no row in common.";
  const others = otherCircumstances(before, after);
  const only = [
    { whose: "only before", keys: onlyIn(before, after) },
    { whose: "only after", keys: onlyIn(after, before) },
  ].filter(({ keys }) => keys.length > 0);
  const judged = all.filter(({ verdict }) => verdict !== "unknown");
  const outside = judged.filter(({ verdict }) => verdict !== "none");
  const once = spread(all.flatMap(({ verdict, share }) => (verdict === "unknown" ? [Math.abs(share)] : [])));
  return [
    ...(others.length === 0 ? [] : [`Not the same circumstances: ${others.join("; ")}.`]),
    ...driftInWords(before, after),
    ...only.map(({ whose, keys }) => `There ${whose}: ${keys.length} of the rows, such as ${keys[0]}.`),
    ...outside.map(inWords),
    `${outside.length} of ${judged.length} rows (${percent(outside.length / Math.max(1, judged.length), 1)}) differ by more than their noise.`,
    ...(once.raw.length === 0
      ? []
      : [
          `${once.raw.length} more differ, by ${percent(once.median, 1)} in the middle and ${percent(once.max, 1)} at most, but were measured once: nobody knows their noise.`,
        ]),
  ].join("\n");
}

function driftInWords(before: Report, after: Report): readonly string[] {
  const each = after.suites.flatMap((suite) => {
    const old = before.suites.find(({ name }) => name === suite.name);
    const times = old === undefined ? null : paceTimes(old, suite);
    return times === null ? [] : [`${suite.name} ${times.toFixed(2)}`];
  });
  return each.length === 0
    ? []
    : [`Times as long as before that this machine took for one fixed calculation: ${each.join(", ")}.`];
}

function inWords({ suite, name, before, after, share, noise, verdict }: Difference): string {
  const by = `${share > 0 ? "+" : ""}${percent(share, 1)}, noise ${percent(noise ?? 0, 1)}`;
  return `${verdict.padEnd(7)}  ${suite}: ${name}: ${figure(before.median)} to ${figure(after.median)} ${after.unit} (${by})`;
}

/** Names of the rows that one report has and the other has not. */
function onlyIn(report: Report, other: Report): readonly string[] {
  const others = rowsByName(other);
  return [...rowsByName(report).keys()].filter((key) => !others.has(key));
}

/** By suite, name and unit. */
function rowsByName({ suites }: Report): ReadonlyMap<string, { readonly suite: SuiteReport; readonly row: Row }> {
  const named = suites.flatMap((suite) =>
    suite.rows.map(
      (row) => [`${suite.name}: ${row.name}${row.unit === "" ? "" : ` (${row.unit})`}`, { suite, row }] as const,
    ),
  );
  return new Map(named);
}
