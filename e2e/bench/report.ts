/** What a run of benchmarks says, whole: kept as JSON (`report.schema.json`), shown as tables and as a page. */
import { z } from "zod";
import { percent } from "../percent.ts";
import type { Row } from "./row.ts";
import { chanceOf } from "./stats.ts";

const RowFields = z.strictObject({
  name: z.string().min(1),
  unit: z.string(),
  source: z
    .enum(["real", "emulated", "replayed", "simulated"])
    .describe(
      "This machine's own time; tabs that take another device's time; recorded tokens or schedules in tabs; a virtual clock.",
    ),
  better: z.enum(["less", "more", "same"]).describe("Which way a difference is good; same: neither."),
  values: z
    .enum(["repeats", "items", "exact"])
    .default("repeats")
    .describe("Of the same thing again; of another question, tab or ring each; or what no machine changes."),
  median: z.number(),
  min: z.number(),
  max: z.number(),
  raw: z.array(z.number()).min(1).readonly().describe("In the order of measuring; median, min and max are of these."),
}) satisfies z.ZodType<Row>;

/** What a suite has to say beyond figures with a unit: a table of words. */
const TableFields = z.strictObject({
  title: z.string(),
  columns: z.array(z.string()).min(1).readonly(),
  lines: z.array(z.array(z.string()).readonly()).readonly(),
});
export type ReportTable = z.infer<typeof TableFields>;

const SuiteFields = z.strictObject({
  name: z.string().min(1),
  about: z.string(),
  floor: z.number().min(0).nullable().describe("How far the same thing was from itself within a round, as a share."),
  notes: z.array(z.string()).readonly().describe("What a reader must know of the rows."),
  seconds: z.number().min(0).describe("That the suite took."),
  paceMs: z
    .array(z.number())
    .readonly()
    .default([])
    .describe("What one fixed calculation took between turns: how fast the machine was meanwhile."),
  rows: z.array(RowFields).readonly(),
  tables: z.array(TableFields).readonly().default([]),
});
export type SuiteReport = z.infer<typeof SuiteFields>;

export const Report = z.strictObject({
  version: z.literal(1),
  date: z.string().describe("ISO 8601."),
  form: z.enum(["sampled", "full"]).describe("Whether suites ran with --full."),
  rounds: z.int().min(1).describe("That count; one more warmed up."),
  options: z
    .record(z.string(), z.string())
    .default({})
    .describe("What suites were told besides: model, draft, cases, the name of a file of questions."),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.int(),
    memoryBytes: z.number(),
    system: z.string(),
    browser: z.string(),
    node: z.string(),
    gpu: z.string().nullable().describe("The browser's adapter; null: none, or software."),
  }),
  versions: z.record(z.string(), z.string()).describe("Of what was measured, by name."),
  suites: z.array(SuiteFields).min(1),
});
export type Report = z.infer<typeof Report>;

/**
 * By what share the same row may differ in another run like this: the suite's floor, or what its own values are apart by chance, if that is more. Null: nobody
 * knows, as it was measured once, or the other run's items are needed to tell.
 */
export function noiseOf(
  { median, raw, values }: Pick<Row, "median" | "raw" | "values">,
  floor: number | null,
): number | null {
  if (values === "exact") return 0;
  const chance = values === "items" ? null : chanceOf(raw, raw);
  if (chance === null) return null;
  return Math.max(floor ?? 0, median === 0 ? 0 : chance / Math.abs(median));
}

/** Markdown. */
export function tables(report: Report): string {
  return [machineLine(report), ...report.suites.map(suiteTable)].join("\n\n");
}

export function machineLine({ machine, versions, form, rounds, date }: Report): string {
  const { cpu, cores, memoryBytes, system, browser, node } = machine;
  const built = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const gpu = machine.gpu === null ? "No GPU: no figure of one exists here." : `GPU: ${machine.gpu}.`;
  return (
    `${gpu} ${cpu}, ${cores} cores, ${Math.round(memoryBytes / 1e9)} GB, ${system}; Chromium ${browser}, Node ${node}, ${built.join(", ")}; ` +
    `${date.slice(0, 10)}, ${form} form, ${rounds} rounds.`
  );
}

export function suiteTable({ name, about, floor, notes, rows, tables: more }: SuiteReport): string {
  const noise = floor === null ? [] : [`Noise (the same thing against itself within a round): ${percent(floor, 1)}.`];
  const head = [`**${name}**: ${about}.`, ...noise, ...notes].join(" ");
  if (rows.length === 0) return head;
  return [
    head,
    "",
    "| what | median | range | how |",
    "|---|---|---|---|",
    ...rows.map(
      (one) =>
        `| ${one.name} | ${figureOf(one)} ${one.unit} | ${one.raw.length === 1 ? "" : `${figure(one.min)} to ${figure(one.max)}`} | ${one.source} |`,
    ),
    ...more.map(wordTable),
  ].join("\n");
}

function wordTable({ title, columns, lines }: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return ["", `${title}:`, "", line(columns), `|${"---|".repeat(columns.length)}`, ...lines.map(line)].join("\n");
}

/** Of a row's median; what is counted of so many is a whole number. */
export function figureOf({ median, unit }: Pick<Row, "median" | "unit">): string {
  return unit.startsWith("of ") ? String(median) : figure(median);
}

export function figure(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
