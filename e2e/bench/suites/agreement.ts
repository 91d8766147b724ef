/**
 * The simulator against tabs: real ones, whose times are taken from one run and whose next run is compared, and emulated ones, whose times are the
 * scenario's. How far two real runs are apart is the floor that no prediction can be below.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { factsOf, type ModelFacts } from "../../ring/model-facts.ts";
import { madeUpIds, modelFile, runScenario, type MeasuredCase, type RingResult } from "../../ring/run.ts";
import { parse, Scenario } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import { asMeasured, MeasuredReport, measuredRing } from "../../sim/measured-costs.ts";
import { runSimulation } from "../../sim/run-sim.ts";
import { row, type Row } from "../row.ts";
import type { Suite, SuiteContext } from "../suite.ts";
import { COLUMNS, errorOf, linesOf, meanError, pairs, PARTS, rowsOf, type Pair } from "./agreement-tables.ts";
import { evenShares } from "./bench-ring.ts";
import { quietly, writtenScenario } from "./scenario-files.ts";

const PROMPTS = [64, 246, 864];
const NEW_TOKENS = 64;
const WARM = "warm";
const EMULATED = ["env-a-7b-100", "env-a-7b-1000"];

export const agreement: Suite = {
  name: "agreement",
  about:
    "Simulated against real and emulated tabs: real ones predicted from what another run of the same ring measured",
  minutes: { sampled: 7, full: 9 },
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), "jupiter-agreement-"));
    try {
      return await compare(context, folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function compare(context: SuiteContext, folder: string) {
  const force = join(folder, "force.json");
  // Every answer is as long as it is to be, whatever the model would say.
  const cases = [
    { id: WARM, output: madeUpIds(4) },
    ...PROMPTS.map((n) => ({ id: `${n}`, output: madeUpIds(NEW_TOKENS) })),
  ];
  writeFileSync(force, JSON.stringify(cases));
  const rows: Row[] = [];
  const lines: (readonly string[])[] = [];
  const late: string[] = [];
  const runs = new Map<number, readonly RingResult[]>();
  /** Of 1 and 2 donors, each run from the one before. */
  const foretold: Pair[] = [];
  for (const donors of [1, 2, 3]) {
    const done = await realRuns(context, donors, force);
    runs.set(donors, done);
    const scenario = scenarioOf(donors, force);
    const predicted: Pair[] = [];
    for (const [i, run] of done.entries()) {
      if (donors === 3) continue;
      const next = done[(i + 1) % done.length]!;
      predicted.push(
        ...pairs(await simulated(asMeasured(scenario, reported(run), await factsFor(scenario))), next.cases),
      );
    }
    if (donors < 3) {
      rows.push(...rowsOf(donorsInWords(donors), "real", predicted));
      lines.push(...linesOf(donorsInWords(donors), predicted));
    }
    foretold.push(...predicted);
    // Of the times that one donor had alone.
    if (donors > 1) {
      const shared = await sharedCores(scenario, runs.get(1)![0]!);
      const all = done.flatMap((run) => pairs(shared, run.cases));
      const who = `${donorsInWords(donors)}, from the times of 1 on ${cpus().length} cores`;
      rows.push(...rowsOf(who, "real", all));
      lines.push(...linesOf(who, all));
    }
  }
  const again = [1, 2].flatMap((donors) =>
    runs.get(donors)!.flatMap((run, i, all) => pairs(run.cases, all[(i + 1) % all.length]!.cases)),
  );
  for (const [i, name] of EMULATED.entries()) {
    context.say(`emulated: ${name}`, 0.6 + 0.2 * i);
    const emulated = await emulatedRows(name);
    rows.push(...emulated.rows);
    lines.push(...emulated.lines);
    if (emulated.isLate) late.push(name);
  }
  const summary = PARTS.map(([part, field]) =>
    row({ name: `1 and 2 donors: mean error of ${part}`, unit: "%", source: "real", better: "less" }, [
      meanError(foretold, field),
    ]),
  );
  const floors = PARTS.map(([part, field]) =>
    row({ name: `1 and 2 donors: two real runs apart in ${part}`, unit: "%", source: "real", better: "less" }, [
      meanError(again, field),
    ]),
  );
  return {
    rows: [...summary, ...floors, ...rows],
    floor: Math.max(...again.flatMap((pair) => PARTS.map(([, field]) => Math.abs(errorOf(pair, field))))),
    notes: [
      `Real: SmolLM2, wasm, one thread a tab; prompts of ${PROMPTS.join(", ")} tokens, ${NEW_TOKENS} new ones, chunks of 64. Each run is predicted from the one before it.`,
      "Errors are means of sizes.",
      ...late.map((name) => `Not valid: this machine was too late for the emulated times of ${name}.`),
    ],
    tables: [
      {
        title: "Milliseconds a token, means of all runs; off by: mean of sizes, and the largest",
        columns: COLUMNS,
        lines,
      },
    ],
  };
}

/** At least two, each of a ring of its own in the same tabs. */
async function realRuns(
  { browser, rounds, say: tell }: SuiteContext,
  donors: number,
  force: string,
): Promise<RingResult[]> {
  const scenario = scenarioOf(donors, force);
  const { models } = modelPlace(await modelFile(scenario, quietly.folder, quietly.say));
  await using room = await TabRoom.open({ models, donors, browser });
  const results: RingResult[] = [];
  const count = Math.max(2, rounds);
  while (results.length < count) {
    tell(
      `${donorsInWords(donors)}: run ${results.length + 1} of ${count}`,
      0.2 * (donors - 1 + results.length / count),
    );
    results.push(withoutWarmUp(await runScenario(scenario, { ...quietly, room })));
  }
  return results;
}

function scenarioOf(donors: number, force: string): Scenario {
  const prompts = [
    { id: WARM, promptTokens: 80, tokens: 4 },
    ...PROMPTS.map((promptTokens) => ({ id: `${promptTokens}`, promptTokens })),
  ];
  const fields = { tabs: donors, layers: evenShares(30, donors), chunk: 64, context: 1024, tokens: NEW_TOKENS, force };
  return parse(Scenario, { ...fields, prompts }, "scenario");
}

function withoutWarmUp({ run, cases }: RingResult): RingResult {
  const laps = run.laps.filter((answer) => !("id" in answer && answer.id === WARM));
  return { run: { ...run, laps }, cases: cases.filter(({ id }) => id !== WARM) };
}

/** As a report is read from its file. */
function reported(result: RingResult): MeasuredReport {
  return parse(MeasuredReport, result, "the run");
}

function factsFor(scenario: Scenario): Promise<ModelFacts> {
  return factsOf(scenario, quietly.folder, quietly.say);
}

async function simulated(scenario: Scenario): Promise<readonly MeasuredCase[]> {
  return (await runSimulation(scenario, quietly)).cases;
}

/** The same ring of as many devices as one donor of `run` is fast, all on this machine. */
async function sharedCores(scenario: Scenario, run: RingResult): Promise<readonly MeasuredCase[]> {
  const { devices, link } = measuredRing(reported(run), 4 * (await factsFor(scenario)).D);
  const [host, donor] = devices;
  if (host === undefined || donor === undefined) throw new Error("the run had no donor");
  const machine = "this machine";
  const all = [host, ...Array.from({ length: scenario.tabs }, (_, i) => ({ ...donor, name: `donor ${i + 1}` }))];
  return simulated({
    ...scenario,
    devices: all.map((device) => ({ ...device, machine })),
    machines: { [machine]: { cores: cpus().length } },
    links: [link],
  });
}

async function emulatedRows(name: string): Promise<{
  readonly rows: readonly Row[];
  readonly lines: readonly (readonly string[])[];
  readonly isLate: boolean;
}> {
  const scenario = parse(Scenario, writtenScenario(name), name);
  const { run, cases } = await runScenario(scenario, quietly);
  const isLate = run.emulation.some(({ isTooSlow }) => isTooSlow);
  const compared = pairs(await simulated(scenario), cases);
  return {
    rows: rowsOf(name, "emulated", compared),
    lines: linesOf(`${name}, emulated${isLate ? " (not valid)" : ""}`, compared),
    isLate,
  };
}

function donorsInWords(donors: number): string {
  return donors === 1 ? "1 donor" : `${donors} donors`;
}
