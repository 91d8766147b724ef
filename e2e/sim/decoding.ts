/**
 * How much faster than plain decoding each way of decoding is on recorded answers, on paper: today's coordinator on four of the paper's boards, of which the first is the host and
 * drafts, scores and computes its layers on one queue. `docs/decoding.md` has the table.
 */
import { checkTexts, DecodingCases, harmonicMean, root, type DecodingCase } from "./decoding-cases.ts";
import { runSimulation } from "./run-sim.ts";

export interface SpeedUp {
  readonly category: string;
  /** Milliseconds a token of plain decoding in the even ring over this way's. */
  readonly times: number;
}

export interface DecodingStudy {
  /** Layers by device, as the planner gave them to a host that drafts. */
  readonly layers: readonly number[];
  readonly plainMs: number;
  /** By way of decoding, one entry a question. */
  readonly alone: ReadonlyMap<string, readonly SpeedUp[]>;
  /** Tokens a second of all answers that are written at once over plain decoding's of one. */
  readonly together: ReadonlyMap<string, number>;
}

export async function decodingStudy(): Promise<DecodingStudy> {
  const cases = new DecodingCases();
  const plain = await msPerToken(cases, cases.plain);
  const plainMs = plain.reduce((sum, ms) => sum + ms, 0) / plain.length;
  const alone = new Map<string, SpeedUp[]>();
  const together = new Map<string, number>();
  for (const one of cases.all) {
    const took = await msPerToken(cases, one);
    const isAlone = one.sets.every((set) => set.length === 1);
    if (isAlone)
      alone.set(
        one.title,
        took.map((ms, i) => ({ category: one.sets[i]![0]!.category, times: plain[i]! / ms })),
      );
    else together.set(one.title, harmonicMean(took.map((ms) => plainMs / ms)));
  }
  return { layers: cases.layers, plainMs, alone, together };
}

/** Of each set, from when every answer has begun: of all tokens that come then. */
async function msPerToken(cases: DecodingCases, one: DecodingCase): Promise<readonly number[]> {
  const asked = one.sets.flat();
  const { run, cases: answers } = await runSimulation(cases.scenarioOf(one, asked), {
    folder: root,
    say: () => undefined,
  });
  checkTexts(asked, answers);
  return run.batches.map(({ msPerToken }) => msPerToken ?? NaN);
}

export function decodingTables({ layers, plainMs, alone, together }: DecodingStudy): string {
  const kinds = [...new Set([...alone.values()].flat().map(({ category }) => category))];
  const head = ["one answer at a time", "all", "least", ...kinds];
  const rows = [...alone].map(([name, speeds]) => [
    name,
    harmonicMean(speeds.map(({ times }) => times)).toFixed(2),
    Math.min(...speeds.map(({ times }) => times)).toFixed(2),
    ...kinds.map((kind) =>
      harmonicMean(speeds.flatMap(({ category, times }) => (category === kind ? [times] : []))).toFixed(1),
    ),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `Plain decoding in the even ring: ${plainMs.toFixed(0)} ms a token. Planned layers: ${layers.join(", ")}. Times as fast:`,
    "",
    ...[head, head.map(() => "---"), ...rows].map(line),
    "",
    ...[
      ["at once, all tokens", "times"],
      ["---", "---"],
      ...[...together].map(([name, times]) => [name, times.toFixed(2)]),
    ].map(line),
  ].join("\n");
}
