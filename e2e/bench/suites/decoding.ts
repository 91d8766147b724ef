/**
 * What guessing brings on the paper's four boards: emulated tabs that replay recorded answers and guesses, beside the simulator's word on the same run. Every
 * answer has a ring of its own, so that none begins with what was learned from another.
 */
import { fileURLToPath } from "node:url";
import { modelFile, readJson, runScenario, type MeasuredCase } from "../../ring/run.ts";
import { parse, Scenario, type ScenarioFields } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import { harmonicMean, recordedAnswers, STUDY_FILE } from "../../sim/decoding.ts";
import { runSimulation } from "../../sim/run-sim.ts";
import { row, type Row } from "../row.ts";
import type { Suite, SuiteResult } from "../suite.ts";
import { evenShares } from "./bench-ring.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const say = () => undefined;
/** One question of each in the sampled form. Plain decoding takes a lap a token whatever is said, so its time is that of these in the full form, too. */
const SAMPLED = ["coding", "knowledge", "generic"];
const NEW_TOKENS = 64;

interface Compared {
  readonly category: string;
  readonly emulated: MeasuredCase;
  readonly simulated: MeasuredCase;
}

export const decoding: Suite = {
  name: "decoding",
  about:
    "Recorded answers and guesses replayed on four emulated Jetson Xavier NX: plain in an even ring, and guessing ahead in a planned one, beside the simulator",
  minutes: { sampled: 4, full: 10 },
  async run(context) {
    const written = readJson(`${root}${STUDY_FILE}`) as ScenarioFields;
    const base = parse(Scenario, written, STUDY_FILE);
    const { models } = modelPlace(await modelFile(base, root, say));
    await using room = await TabRoom.open({ models, donors: base.tabs, browser: context.browser });
    const ring = new ReplayingRing(room, written);
    const answers = recordedAnswers(`${root}${base.trace}`).filter(({ greedy }) => greedy.length >= NEW_TOKENS);
    const few = SAMPLED.map((kind) => answers.find(({ category }) => category === kind)!);
    const layers = evenShares(base.shape?.L ?? 0, base.tabs + 1);
    const jobs = [
      ...few.map((answer) => ({ answer, way: { strategy: "plain", layers } as const })),
      ...(context.full ? answers : few).map((answer) => ({ answer, way: {} })),
    ];
    const plain: Compared[] = [];
    const guessed: Compared[] = [];
    for (const [i, { answer, way }] of jobs.entries()) {
      const isPlain = "strategy" in way;
      context.say(`${answer.category}, ${isPlain ? "plain" : "guessing"}`, i / jobs.length);
      (isPlain ? plain : guessed).push(await ring.compare(answer, way));
    }
    return resultOf(plain, guessed, ring);
  },
};

class ReplayingRing {
  readonly #room: TabRoom;
  readonly #written: ScenarioFields;
  readonly late = new Set<string>();
  readonly plans = new Set<string>();

  constructor(room: TabRoom, written: ScenarioFields) {
    this.#room = room;
    this.#written = written;
  }

  async compare(
    { category, promptIds }: ReturnType<typeof recordedAnswers>[number],
    way: Partial<ScenarioFields>,
  ): Promise<Compared> {
    const prompts = [{ id: category, ids: [...promptIds], tokens: NEW_TOKENS }];
    const scenario = parse(Scenario, { ...this.#written, ...way, prompts }, STUDY_FILE);
    const { run, cases } = await runScenario(scenario, { folder: root, say, room: this.#room });
    const paper = await runSimulation(scenario, { folder: root, say });
    if (run.emulation.some(({ isTooSlow }) => isTooSlow)) this.late.add(`${category} (${scenario.strategy})`);
    this.plans.add(`${scenario.strategy} ${run.plan.map(({ first, end }) => end - first).join(", ")}`);
    return { category, emulated: cases[0]!, simulated: paper.cases[0]! };
  }
}

function resultOf(
  plain: readonly Compared[],
  guessed: readonly Compared[],
  { late, plans }: Pick<ReplayingRing, "late" | "plans">,
): SuiteResult {
  const times = (of: "emulated" | "simulated") => {
    const plainMs = plain.reduce((sum, answer) => sum + answer[of].decodeMsPerToken!, 0) / plain.length;
    return guessed.map((answer) => plainMs / answer[of].decodeMsPerToken!);
  };
  const facts = { unit: "times", better: "more" } as const;
  const speedUps = (["emulated", "simulated"] as const).flatMap((source) => [
    row({ ...facts, name: `guessing, times as fast as plain, harmonic mean, ${source}`, source }, [
      harmonicMean(times(source)),
    ]),
    row({ ...facts, name: `guessing, times as fast as plain, least, ${source}`, source }, [Math.min(...times(source))]),
  ]);
  return {
    rows: [...speedUps, ...rowsOf("plain", plain), ...rowsOf("guessing", guessed)],
    floor: null,
    notes: [
      `${guessed.length} answers of ${NEW_TOKENS} tokens, each in a ring of its own; tokens and guesses replayed, nothing computed. Layers: ${[...plans].join("; ")}.`,
      ...(late.size === 0 ? [] : [`Not valid, as this machine was late: ${[...late].join(", ")}.`]),
    ],
  };
}

function rowsOf(way: string, compared: readonly Compared[]): Row[] {
  const kinds = [...new Set(compared.map(({ category }) => category))];
  return kinds.flatMap((kind) => {
    const own = compared.filter(({ category }) => category === kind);
    const values = (of: (answer: Compared) => number | null) => own.map((answer) => of(answer) ?? NaN);
    const error = ({ emulated, simulated }: Compared) =>
      100 * Math.abs(simulated.decodeMsPerToken! / emulated.decodeMsPerToken! - 1);
    const facts = { source: "emulated", better: "less" } as const;
    return [
      row(
        { ...facts, name: `${kind}, ${way}: decode`, unit: "ms/token" },
        values(({ emulated }) => emulated.decodeMsPerToken),
      ),
      row({ ...facts, name: `${kind}, ${way}: error of what was simulated`, unit: "%" }, values(error)),
      row(
        { ...facts, name: `${kind}, ${way}: laps`, unit: "laps" },
        values(({ emulated }) => emulated.laps),
      ),
      row(
        { ...facts, source: "simulated", name: `${kind}, ${way}: laps, simulated`, unit: "laps" },
        values(({ simulated }) => simulated.laps),
      ),
    ];
  });
}
