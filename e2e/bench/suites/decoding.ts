/**
 * What each way of decoding brings on the paper's four boards: emulated tabs that replay recorded answers and guesses, beside the simulator's word on the same run. Whatever is
 * asked at once has a ring of its own, so that none begins with what was learned from another.
 */
import { modelFile, runScenario } from "../../ring/run.ts";
import { ScenarioError } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import { checkTexts, DecodingCases, type DecodingCase, type Recorded } from "../../sim/decoding-cases.ts";
import { runSimulation, type SimulatedReport } from "../../sim/run-sim.ts";
import type { Suite, SuiteContext } from "../suite.ts";
import { kindsOf, rowsOf, tablesOf, type Compared, type Run } from "./decoding-tables.ts";
import { quietly } from "./scenario-files.ts";

/** Of an answer that is alone, in the sampled form: the whole says little more, and takes half as long again. */
const SAMPLED_TOKENS = 64;

export const decoding: Suite = {
  name: "decoding",
  about:
    "Recorded answers and guesses replayed on four emulated Jetson Xavier NX: ways of decoding beside the plain one in an even ring, and beside the simulator",
  minutes: { sampled: 7, full: 33 },
  check(options) {
    // The cases are planned for; without names there is nothing to look up.
    if (options.cases !== null) casesOf(new DecodingCases(), options);
  },
  async run(context) {
    const cases = new DecodingCases();
    const jobs = [cases.plain, ...casesOf(cases, context)].flatMap((one) => setsOf(one, context));
    const { models } = modelPlace(await modelFile(cases.scenario, quietly.folder, quietly.say));
    await using room = await TabRoom.open({ models, donors: cases.scenario.tabs, browser: context.browser });
    const compared: Compared[] = [];
    for (const [i, { one, asked }] of jobs.entries()) {
      context.say(`${one.title}: ${kindsOf(asked)}`, i / jobs.length);
      const isCut = !context.full && asked.length === 1;
      const done = await compare(room, cases, one, asked, isCut ? SAMPLED_TOKENS : Infinity);
      const late = done.isLate ? "; not valid, this machine was late" : "";
      context.say(
        `${done.emulated.msPerToken.toFixed(1)} ms a token, simulated ${done.simulated.msPerToken.toFixed(1)}${late}`,
        (i + 1) / jobs.length,
      );
      compared.push(done);
    }
    const late = compared.filter(({ isLate }) => isLate).length;
    return {
      rows: rowsOf(cases, compared),
      floor: null,
      notes: [
        `${context.full ? "Answers are whole" : `Answers that are alone have ${SAMPLED_TOKENS} tokens`}; whatever is asked at once has a ring of its own; tokens and guesses replayed, nothing computed. Planned layers: ${cases.layers.join(", ")}.`,
        ...(late === 0
          ? []
          : [`Not valid, as this machine was late: ${late} of ${compared.length} runs, marked in the table.`]),
      ],
      tables: tablesOf(cases, compared),
    };
  },
};

/** Throws `ScenarioError` for a name that no case in tabs has. */
function casesOf({ all }: DecodingCases, { cases: names }: Pick<SuiteContext, "cases">): readonly DecodingCase[] {
  const inTabs = all.filter((one) => one.inTabs !== null);
  const unknown = names?.find((name) => inTabs.every((one) => one.name !== name));
  if (unknown !== undefined)
    throw new ScenarioError(`--cases: there is no ${unknown}; there are ${inTabs.map(({ name }) => name).join(", ")}.`);
  return names === null ? inTabs : inTabs.filter(({ name }) => names.includes(name));
}

/** As many as this form has, evenly out of all, so that kinds of questions differ. */
function setsOf(one: DecodingCase, { full }: SuiteContext): readonly Pick<Compared, "one" | "asked">[] {
  const { sampled = 0, full: most = 0 } = one.inTabs ?? {};
  const count = full ? most : sampled;
  return Array.from({ length: count }, (_, i) => ({
    one,
    asked: one.sets[Math.floor(((i + 0.5) * one.sets.length) / count)]!,
  }));
}

async function compare(
  room: TabRoom,
  cases: DecodingCases,
  one: DecodingCase,
  asked: readonly Recorded[],
  mostTokens: number,
): Promise<Compared> {
  const scenario = cases.scenarioOf(one, asked, mostTokens);
  const emulated = await runScenario(scenario, { ...quietly, room });
  const simulated = await runSimulation(scenario, quietly);
  checkTexts(asked, emulated.cases);
  checkTexts(asked, simulated.cases);
  const isLate = emulated.run.emulation.some(({ isTooSlow }) => isTooSlow);
  return { one, asked, emulated: runOf(emulated), simulated: runOf(simulated), isLate };
}

function runOf({ run, cases }: SimulatedReport): Run {
  return { msPerToken: run.batches[0]?.msPerToken ?? NaN, laps: Math.max(...cases.map(({ laps }) => laps)) };
}
