/**
 * What each way of decoding brings on the paper's four boards: emulated tabs that replay recorded answers and guesses, beside the simulator's word on the same run. Whatever is
 * asked at once has a ring of its own, so that none begins with what was learned from another.
 */
import { modelFile, runScenario } from "../../ring/run.ts";
import { ScenarioError } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import {
  checkTexts,
  DecodingCases,
  harmonicMean,
  root,
  type DecodingCase,
  type Recorded,
} from "../../sim/decoding-cases.ts";
import { runSimulation, type SimulatedReport } from "../../sim/run-sim.ts";
import type { ReportTable } from "../report.ts";
import { row, type Row } from "../row.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const say = () => undefined;
/** Of an answer that is alone: the whole says little more, and takes half as long again. */
const ALONE_TOKENS = 64;

/** One set, run both ways. */
interface Compared {
  readonly one: DecodingCase;
  readonly asked: readonly Recorded[];
  readonly emulated: Run;
  readonly simulated: Run;
  /** This machine was late, so the figures are not the emulated boards'. */
  readonly isLate: boolean;
}

interface Run {
  readonly msPerToken: number;
  readonly laps: number;
}

export const decoding: Suite = {
  name: "decoding",
  about:
    "Recorded answers and guesses replayed on four emulated Jetson Xavier NX: ways of decoding beside the plain one in an even ring, and beside the simulator",
  minutes: { sampled: 7, full: 32 },
  async run(context) {
    const cases = new DecodingCases();
    const jobs = [cases.plain, ...casesOf(cases, context)].flatMap((one) => setsOf(one, context));
    const { models } = modelPlace(await modelFile(cases.scenario, root, say));
    await using room = await TabRoom.open({ models, donors: cases.scenario.tabs, browser: context.browser });
    const compared: Compared[] = [];
    for (const [i, { one, asked }] of jobs.entries()) {
      context.say(`${one.title}: ${kindsOf(asked)}`, i / jobs.length);
      const done = await compare(room, cases, one, asked);
      const late = done.isLate ? "; not valid, this machine was late" : "";
      context.say(
        `${done.emulated.msPerToken.toFixed(1)} ms a token, simulated ${done.simulated.msPerToken.toFixed(1)}${late}`,
        (i + 1) / jobs.length,
      );
      compared.push(done);
    }
    const late = compared.filter(({ isLate }) => isLate).length;
    return {
      rows: rowsOf(cases.plain, compared),
      floor: null,
      notes: [
        `Answers that are alone have ${ALONE_TOKENS} tokens; whatever is asked at once has a ring of its own; tokens and guesses replayed, nothing computed. Planned layers: ${cases.layers.join(", ")}.`,
        ...(late === 0
          ? []
          : [`Not valid, as this machine was late: ${late} of ${compared.length} runs, marked in the table.`]),
      ],
      tables: [tableOf(compared)],
    };
  },
};

/** Throws `ScenarioError` for a name that no case in tabs has. */
function casesOf({ all }: DecodingCases, { cases: names }: SuiteContext): readonly DecodingCase[] {
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
): Promise<Compared> {
  const scenario = cases.scenarioOf(one, asked, asked.length === 1 ? ALONE_TOKENS : Infinity);
  const emulated = await runScenario(scenario, { folder: root, say, room });
  const simulated = await runSimulation(scenario, { folder: root, say });
  checkTexts(asked, emulated.cases);
  checkTexts(asked, simulated.cases);
  const isLate = emulated.run.emulation.some(({ isTooSlow }) => isTooSlow);
  return { one, asked, emulated: runOf(emulated), simulated: runOf(simulated), isLate };
}

function runOf({ run, cases }: SimulatedReport): Run {
  return { msPerToken: run.batches[0]?.msPerToken ?? NaN, laps: Math.max(...cases.map(({ laps }) => laps)) };
}

function rowsOf(plain: DecodingCase, compared: readonly Compared[]): Row[] {
  const plainMs = (of: "emulated" | "simulated") => {
    const own = compared.filter(({ one }) => one === plain);
    return own.reduce((sum, each) => sum + each[of].msPerToken, 0) / own.length;
  };
  return [...new Set(compared.map(({ one }) => one))].flatMap((one) => {
    const own = compared.filter((each) => each.one === one);
    const speedUps = (["emulated", "simulated"] as const).flatMap((source) => {
      const times = own.map((each) => plainMs(source) / each[source].msPerToken);
      const facts = { source, unit: "times", better: "more" } as const;
      const least = row({ ...facts, name: `${one.title}: as fast as plain, least, ${source}` }, [Math.min(...times)]);
      return [
        row({ ...facts, name: `${one.title}: as fast as plain, ${source}` }, [harmonicMean(times)]),
        ...(own.length > 1 ? [least] : []),
      ];
    });
    const facts = { source: "emulated", better: "less" } as const;
    return [
      ...(one === plain ? [] : speedUps),
      row(
        { ...facts, name: `${one.title}: decode`, unit: "ms/token" },
        own.map(({ emulated }) => emulated.msPerToken),
      ),
      row({ ...facts, name: `${one.title}: error of what was simulated`, unit: "%" }, own.map(errorOf)),
    ];
  });
}

/** Percent, without its sign. */
function errorOf({ emulated, simulated }: Compared): number {
  return 100 * Math.abs(simulated.msPerToken / emulated.msPerToken - 1);
}

function tableOf(compared: readonly Compared[]): ReportTable {
  return {
    title: "Every run",
    columns: ["case", "questions", "ms a token", "simulated", "off by", "laps", "simulated", ""],
    lines: compared.map((each) => [
      ...[each.one.name, kindsOf(each.asked)],
      ...[each.emulated.msPerToken.toFixed(1), each.simulated.msPerToken.toFixed(1), `${errorOf(each).toFixed(1)} %`],
      ...[`${each.emulated.laps}`, `${each.simulated.laps}`],
      each.isLate ? "not valid" : "",
    ]),
  };
}

function kindsOf(asked: readonly Recorded[]): string {
  return asked.map(({ category }) => category).join(", ");
}
