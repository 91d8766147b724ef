/** How prefill grows with the number of equal devices: simulated, and emulated in as many tabs, beside the least that the exact recurrence allows. */
import { slicesBoundMs } from "@jupiter/planner/optimum";
import { factsOf } from "../../ring/model-facts.ts";
import { planScenario } from "../../ring/plan-scenario.ts";
import type { RunReport } from "../../ring/report.ts";
import { modelFile, runScenario, type MeasuredCase } from "../../ring/run.ts";
import { parse, Scenario, type ScenarioFields } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import { runSimulation } from "../../sim/run-sim.ts";
import { row, type Row } from "../row.ts";
import type { Suite, SuiteContext } from "../suite.ts";
import { evenShares } from "./bench-ring.ts";
import { quietly, writtenScenario } from "./scenario-files.ts";
import { slower, slowerLink } from "./slower.ts";

/** `scale`: four emulated devices take so many times what they are said to, links too; divided out again. */
export const KINDS = [
  { file: "env-a-7b-1000", name: "NX", scale: 1 },
  { file: "wasm-equal", name: "wasm tabs", scale: 4 },
];
export const SIMULATED = [1, 2, 4, 8, 16, 32, 64];
const EMULATED = { sampled: [4, 8, 16], full: [2, 4, 8, 16] };
const PROMPT = { id: "prompt", promptTokens: 2048, tokens: 16 };
/** Of slicings that the bound looks at. */
const GRID = 16;

export const devices: Suite = {
  name: "devices",
  about:
    "A prompt of 2,048 tokens on 1 to 64 equal devices at 1,000 Mbit/s, simulated, and on up to 16 of them emulated",
  minutes: { sampled: 16, full: 24 },
  async run(context) {
    const rows: Row[] = [];
    const notes = [
      "Optimum: no slicing of the prompt can take less by the exact recurrence, with layers shared out evenly. Devices are those of e2e/bench/scenarios.",
      "More devices than layers are simulated with as many layers as devices, one device with as many too.",
    ];
    for (const [index, { file, name, scale }] of KINDS.entries()) {
      const written = writtenScenario(file);
      const tell = (text: string, share: number) => context.say(`${name}: ${text}`, (index + share) / KINDS.length);
      rows.push(...(await simulatedRows(written, name, tell)));
      const emulated = await emulatedRows(written, { name, scale }, { ...context, say: tell });
      rows.push(...emulated.rows);
      notes.push(...emulated.notes);
    }
    return { rows, floor: null, notes };
  },
};

/** So many of the file's second device, the first with a head; prompts cut by the plan's table. All of it, links too, takes `times` as long. */
export function ringOf(written: ScenarioFields, count: number, times = 1): Scenario {
  const [host, other] = written.devices ?? [];
  const shape = written.shape;
  if (host?.time === undefined || other?.time === undefined || shape === undefined)
    throw new Error("the file describes no ring");
  const { chunk: _chunk, ...fields } = written;
  const [hostTime, otherTime] = [slower(host.time, times), slower(other.time, times)];
  const L = Math.max(shape.L, count);
  return parse(
    Scenario,
    {
      ...fields,
      // Whatever a model of more layers needs, it is there.
      shape: { L, D: shape.D },
      devices: Array.from({ length: count }, (_, i) => ({
        name: `device ${i + 1}`,
        time: i === 0 ? hostTime : otherTime,
      })),
      layers: evenShares(L, count),
      ...(count === 1 ? { hostLayers: "all" } : {}),
      links: [slowerLink({ mbitPerS: 1000, delayMs: 0.3 }, times)],
      context: 2304,
      objective: "first-token",
      prompts: [PROMPT],
    },
    "scenario",
  );
}

async function optimumMs(scenario: Scenario): Promise<number> {
  const facts = await factsOf(scenario, quietly.folder, quietly.say);
  const { pipe } = planScenario(scenario, facts, [{ promptTokens: PROMPT.promptTokens, newTokens: PROMPT.tokens }]);
  return slicesBoundMs(pipe, PROMPT.promptTokens, GRID);
}

const prefillMs = ({ prefillMsPerToken }: MeasuredCase) => prefillMsPerToken * PROMPT.promptTokens;

async function simulatedRows(written: ScenarioFields, kind: string, tell: SuiteContext["say"]): Promise<Row[]> {
  const facts = { source: "simulated" } as const;
  const rows: Row[] = [];
  const one = await simulated(ringOf(written, 1));
  for (const [i, count] of SIMULATED.entries()) {
    tell(`${count} simulated`, (0.2 * i) / SIMULATED.length);
    const scenario = ringOf(written, count);
    const answer = await simulated(scenario);
    const name = `${count} ${kind}`;
    const scale = (scenario.shape?.L ?? 0) / (written.shape?.L ?? 1);
    rows.push(
      row({ ...facts, name: `${name}: prefill`, unit: "ms/token", better: "less" }, [answer.prefillMsPerToken]),
      row({ ...facts, name: `${name}: decode, plain`, unit: "ms/token", better: "less" }, [
        answer.decodeMsPerToken ?? NaN,
      ]),
    );
    if (count === 1) continue;
    rows.push(
      row({ ...facts, name: `${name}: over one device`, unit: "times", better: "more" }, [
        (scale * one.prefillMsPerToken) / answer.prefillMsPerToken,
      ]),
      row({ ...facts, name: `${name}: share of the optimum`, unit: "%", better: "more" }, [
        (100 * (await optimumMs(scenario))) / prefillMs(answer),
      ]),
    );
  }
  return rows;
}

async function simulated(scenario: Scenario): Promise<MeasuredCase> {
  const { cases } = await runSimulation(scenario, quietly);
  return only(cases);
}

async function emulatedRows(
  written: ScenarioFields,
  { name: kind, scale }: { readonly name: string; readonly scale: number },
  { browser, rounds, full, say: tell }: SuiteContext,
): Promise<{ rows: Row[]; notes: string[] }> {
  const facts = { source: "emulated" } as const;
  const rows: Row[] = [];
  const notes: string[] = [];
  const counts = EMULATED[full ? "full" : "sampled"];
  for (const [i, count] of counts.entries()) {
    // More than in proportion: all their messages meet in one process of the browser.
    const times = Math.round(scale * (count / 4) ** 1.5);
    const scenario = ringOf(written, count, times);
    const { models } = modelPlace(await modelFile(scenario, quietly.folder, quietly.say));
    tell(`opening ${count} tabs`, 0.2 + (0.8 * i) / counts.length);
    await using room = await TabRoom.open({ models, donors: scenario.tabs, browser });
    const answers: MeasuredCase[] = [];
    let tabs: RunReport["emulation"] = [];
    for (let round = 0; round <= rounds; round++) {
      tell(`${count} emulated, round ${round} of ${rounds}`, 0.2 + (0.8 * (i + round / (rounds + 1))) / counts.length);
      const warms = round === 0;
      const asked = warms ? { ...scenario, prompts: [{ id: "warm", promptTokens: 256, tokens: 2 }] } : scenario;
      const { run, cases } = await runScenario(asked, { ...quietly, room });
      tabs = run.emulation;
      if (!warms) answers.push(only(cases));
    }
    const name = `${count} ${kind}`;
    const leastMs = await optimumMs(scenario);
    const late = tabs.filter(({ isTooSlow }) => isTooSlow);
    if (times !== 1)
      notes.push(
        `${name}: emulated ${times} times as slow, links too, and divided out again: one machine plays all of them.`,
      );
    if (late.length > 0) notes.push(`${name}: this machine left emulated times no room on ${late.length} of them.`);
    const of = (value: (answer: MeasuredCase) => number) => answers.map(value);
    const error = (took: number, foretold: number | null | undefined) => 100 * Math.abs((foretold ?? NaN) / took - 1);
    rows.push(
      row(
        { ...facts, name: `${name}, emulated: prefill`, unit: "ms/token", better: "less" },
        of((answer) => answer.prefillMsPerToken / times),
      ),
      row(
        { ...facts, name: `${name}, emulated: share of the optimum`, unit: "%", better: "more" },
        of((answer) => (100 * leastMs) / prefillMs(answer)),
      ),
      row(
        { ...facts, name: `${name}, emulated: error of what was foretold, prefill`, unit: "%", better: "less" },
        of((answer) => error(answer.prefillMsPerToken, answer.foretold?.prefillMsPerToken)),
      ),
      row(
        { ...facts, name: `${name}, emulated: error of what was foretold, decode`, unit: "%", better: "less" },
        of((answer) => error(answer.decodeMsPerToken ?? NaN, answer.foretold?.decodeMsPerToken)),
      ),
    );
  }
  return { rows, notes };
}

function only(cases: readonly MeasuredCase[]): MeasuredCase {
  const [answer] = cases;
  if (answer === undefined) throw new Error("nothing was answered");
  return answer;
}
