/** A run's report for people: a table, and pictures. */
import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { gantt } from "@jupiter/simulator";
import { percent } from "../percent.ts";
import type { EmulatedTab } from "./emulate-tabs.ts";
import type { Batch, Source } from "./measures.ts";
import type { RunReport } from "./report.ts";
import { unforeseen } from "./plan-scenario.ts";
import type { MeasuredCase } from "./run.ts";
import { ScenarioError, type Scenario } from "./scenario.ts";

interface Summarised {
  readonly run: {
    readonly source: Source;
    readonly replayed: RunReport["replayed"];
    readonly scenario: Pick<Scenario, "acceptance" | "outline" | "links" | "devices" | "machines" | "shape">;
    readonly plan: readonly { readonly device: string; readonly first: number; readonly end: number }[];
    readonly batches: readonly Batch[];
    readonly emulation?: readonly EmulatedTab[];
    readonly links: readonly { readonly from: string; readonly to: string; readonly sizeBytes: number }[];
  };
  readonly cases: readonly MeasuredCase[];
}

export function summary({ run, cases }: Summarised): string {
  const rows = cases.map(({ id, ids, output, timeToFirstTokenMs, prefillMsPerToken, decodeMsPerToken }) => [
    id,
    `${ids.length} + ${output.length}`,
    `${timeToFirstTokenMs.toFixed(0)} ms`,
    `${prefillMsPerToken.toFixed(2)} ms`,
    decodeMsPerToken === null ? "-" : `${decodeMsPerToken.toFixed(2)} ms`,
  ]);
  const busy = cases.map(
    (answer) =>
      `${answer.id}: ${answer.busy.map((b) => `${b.device} ${percent(b.prefill)}, ${percent(b.decode)}`).join("; ")}`,
  );
  return [
    `plan: ${run.plan.map(({ device, first, end }) => `${device} ${end - first}`).join(", ")} layers`,
    "",
    ...columns([["case", "tokens", "first token", "prefill a token", "decode a token"], ...rows]),
    "",
    ...foretoldRows(cases, unforeseen(run.scenario)),
    ...togetherRows(run.batches),
    "busy in prefill, in decode:",
    ...busy,
    "",
    ...columns(run.links.map(({ from, to, sizeBytes }) => [`${from} to ${to}`, `${sizeBytes.toFixed(0)} bytes`])),
    ...tooSlow(run.emulation ?? []),
    `Source: ${[run.source, ...replayedParts(run)].join("; ")}.`,
    ...lossyParts(run.scenario),
  ].join("\n");
}

/** Where a model is not there: what was said instead of computed. */
function replayedParts({ source, replayed, scenario }: Summarised["run"]): string[] {
  if (replayed.length > 0) return [`${replayed.join(" and ")} replayed`];
  return scenario.shape === undefined || source !== "emulated"
    ? []
    : ["a shape's text is made up, nothing was computed"];
}

/** What the planner foretold, and by how much it was wrong; and what it knew nothing of. */
function foretoldRows(cases: readonly MeasuredCase[], unknown: readonly string[]): string[] {
  const lines = cases.flatMap(({ id, foretold, prefillMsPerToken, decodeMsPerToken }) => {
    if (foretold === null) return [];
    const part = (ms: number | null, took: number | null) =>
      ms === null || took === null ? ["-", ""] : [`${ms.toFixed(2)} ms`, percent(ms / took - 1, 1)];
    return [
      [
        id,
        ...part(foretold.prefillMsPerToken, prefillMsPerToken),
        ...part(foretold.decodeMsPerToken, decodeMsPerToken),
      ],
    ];
  });
  if (lines.length === 0) return [];
  return [
    ...columns([["foretold", "prefill a token", "error", "decode a token", "error"], ...lines]),
    ...(unknown.length === 0 ? [] : [`What is foretold does not know of ${unknown.join(", ")}.`]),
    "",
  ];
}

/** Of answers that were written together, whose own times say little. */
function togetherRows(batches: readonly Batch[]): string[] {
  const lines = batches.flatMap(({ ids, msPerToken }) =>
    ids.length === 1 || msPerToken === null ? [] : [`${ids.join(", ")}: ${msPerToken.toFixed(2)} ms`],
  );
  return lines.length === 0 ? [] : ["a token of any of them, from when all have begun:", ...lines, ""];
}

/** What makes the text another than plain decoding's. */
function lossyParts({ acceptance, outline }: Pick<Scenario, "acceptance" | "outline">): string[] {
  const parts = [
    ...(acceptance === "typical" ? ["guesses are accepted where they are likely (typical acceptance)"] : []),
    ...(outline === "off" ? [] : ["lists are written point by point (outline)"]),
  ];
  return parts.length === 0 ? [] : [`Lossy: ${parts.join("; ")}. The text is not plain decoding's.`];
}

/** Their figures are this machine's, not the emulated device's. */
function tooSlow(tabs: readonly EmulatedTab[]): string[] {
  return tabs
    .filter(({ isTooSlow }) => isTooSlow)
    .map(
      ({ device, lateMs, emulatedMs, lateRuns, runs }) =>
        `Not valid: ${device} was late by ${lateMs.toFixed(0)} ms in ${emulatedMs.toFixed(0)} (${lateRuns} of ${runs} runs). This machine left its times no room; emulate slower devices, or fewer.`,
    );
}

/** Prefill, and enough of what follows to see the pipeline drain and single laps begin. */
export function picture({ run }: Summarised, { id, busy, spans, prefillMs, decodeMs }: MeasuredCase): string {
  return gantt(spans, {
    title: `${id} (${run.source}): prompt, then the first tokens`,
    devices: busy.map(({ device }) => device),
    fromMs: 0,
    toMs: prefillMs + Math.min(decodeMs, 0.4 * prefillMs),
    marks: [{ name: "first token", atMs: prefillMs }],
  });
}

/** `path` for one case, `NAME-CASE.svg` for several. */
export function writePictures(result: Summarised, path: string): void {
  const extension = extname(path);
  for (const answer of result.cases) {
    const name = answer.id.replace(/[^\w.-]+/g, "-");
    const file =
      result.cases.length === 1 ? path : `${path.slice(0, path.length - extension.length)}-${name}${extension}`;
    writeFileSync(file, picture(result, answer));
  }
}

/** Before minutes of work, not after. */
export function checkWritable(flag: string, file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new ScenarioError(`--${flag} ${file}: its folder is not there or cannot be written to.`, { cause });
  }
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join("  "),
  );
}
