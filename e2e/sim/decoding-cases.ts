/**
 * Ways of decoding that are compared with the plain one on recorded answers: one list for paper (`npm run sim -- decoding`) and for tabs
 * (`npm run bench -- decoding`). Every case is a scenario that either of them runs.
 */
import { fileURLToPath } from "node:url";
import type { DraftedCase } from "@jupiter/simulator";
import { z } from "zod";
import { planScenario } from "../ring/plan-scenario.ts";
import { readJson, type CaseResult } from "../ring/run.ts";
import { parse, Scenario, type ScenarioFields } from "../ring/scenario.ts";

/** Paths of scenarios are relative to it. */
export const root = fileURLToPath(new URL("../..", import.meta.url));
const STUDY_FILE = "e2e/bench/scenarios/env-a-7b-continuous.json";
/** Answers that are over sooner say little. */
const LEAST_TOKENS = 64;
const POINT_TOKENS = 48;
const POINTS = ["generic", "knowledge", "common-sense", "counterfactual", "writing"];
/** A bad drafter names the recorded answer's token in so many of a hundred places. */
const BAD_PERCENT = 20;

const Category = z.object({ cases: z.array(z.object({ category: z.string() })) });

/** One question with its recorded answer. */
export interface Recorded extends DraftedCase {
  readonly id: string;
  readonly category: string;
}

export interface DecodingCase {
  /** As `--cases` takes it. */
  readonly name: string;
  readonly title: string;
  /** What is asked at once, set by set; all sets are of one size. */
  readonly sets: readonly (readonly Recorded[])[];
  /** Of each answer at most; left out: the whole. */
  readonly tokens?: number;
  /** What is another than in the study's scenario. */
  readonly fields: Partial<ScenarioFields>;
  /** How many sets are run in tabs, where an emulated second takes one. Null: on paper only. */
  readonly inTabs: { readonly sampled: number; readonly full: number } | null;
}

export class DecodingCases {
  readonly #written: ScenarioFields;
  readonly scenario: Scenario;
  /** Layers by device, as the planner gives them to a host that drafts. */
  readonly layers: readonly number[];
  /** Beside which the others are set. */
  readonly plain: DecodingCase;
  readonly all: readonly DecodingCase[];

  constructor() {
    this.#written = readJson(`${root}${STUDY_FILE}`) as ScenarioFields;
    this.scenario = parse(Scenario, this.#written, STUDY_FILE);
    const { trace, devices = [], shape, tokens } = this.scenario;
    if (trace === undefined || shape === undefined) throw new RangeError(`${STUDY_FILE} needs a trace and a shape`);
    const facts = { ...shape, layerBytes: Array<number>(shape.L).fill(0), tokenizer: null };
    const planned = planScenario(this.scenario, facts, [{ promptTokens: LEAST_TOKENS, newTokens: tokens }]);
    this.layers = devices.map((_, device) => planned.stages.find((stage) => stage.device === device)?.layers ?? 0);
    const even = devices.map(() => shape.L / devices.length);
    const answers = recorded(`${root}${trace}`).filter(({ greedy }) => greedy.length >= LEAST_TOKENS);
    [this.plain, ...this.all] = casesOf(answers, even, [...this.layers]);
  }

  /** Of those questions, which are some of the case's sets, one after the other. */
  scenarioOf({ fields, tokens = Infinity, sets }: DecodingCase, asked: readonly Recorded[], most = Infinity): Scenario {
    const prompts = asked.map(({ id, promptIds, greedy }) => ({
      ...{ id, ids: [...promptIds] },
      tokens: Math.min(greedy.length, tokens, most),
    }));
    const concurrency = sets[0]?.length ?? 1;
    return parse(Scenario, { ...this.#written, ...fields, concurrency, prompts }, STUDY_FILE);
  }
}

function casesOf(
  answers: readonly Recorded[],
  even: number[],
  planned: number[],
): readonly [DecodingCase, ...DecodingCase[]] {
  const alone = answers.map((one) => [one]);
  const points = [POINTS.map((kind) => answers.find(({ category }) => category === kind)!)];
  const plain = { strategy: "plain", draft: "none", layers: even } as const;
  const ahead = { strategy: "continuous", layers: planned } as const;
  const chain = { recorded: { children: 1 } };
  const whole = (sampled: number, sets: DecodingCase["sets"]) => ({ sets, inTabs: { sampled, full: sets.length } });
  return [
    // It takes a lap a token whatever is said.
    { name: "plain", title: "plain", fields: plain, sets: alone, inTabs: { sampled: 2, full: 3 } },
    {
      ...{ name: "window", title: "one window of four guesses" },
      fields: { strategy: "window", rows: 5, layers: even, ...chain },
      ...{ sets: alone, inTabs: { sampled: 3, full: 12 } },
    },
    {
      ...{ name: "even", title: "continuous, even layers, chain" },
      fields: { ...ahead, layers: even, ...chain },
      ...{ sets: alone, inTabs: null },
    },
    {
      ...{ name: "chain", title: "continuous, planned layers, chain" },
      fields: { ...ahead, ...chain },
      ...{ sets: alone, inTabs: null },
    },
    { name: "tree", title: "continuous, planned layers, tree", fields: ahead, ...whole(3, alone) },
    {
      ...{ name: "lookup", title: "the same, and lookup" },
      fields: { ...ahead, draft: "lookup,recorded" },
      ...{ sets: alone, inTabs: null },
    },
    {
      ...{ name: "bad", title: `a drafter that is right in ${BAD_PERCENT} %` },
      fields: { ...ahead, layers: even, recorded: { rightPercent: BAD_PERCENT } },
      // As slow as plain decoding: all of them would take a quarter of an hour.
      ...{ sets: alone, inTabs: { sampled: 1, full: 8 } },
    },
    {
      ...{ name: "points-plain", title: "five points, no guesses" },
      fields: { ...plain, beside: true },
      ...{ tokens: POINT_TOKENS, ...whole(1, points) },
    },
    {
      ...{ name: "points", title: "five points" },
      fields: { ...ahead, beside: true },
      ...{ tokens: POINT_TOKENS, ...whole(1, points) },
    },
    { name: "four", title: "four conversations", fields: ahead, ...whole(1, everyNth(answers, 6)) },
    {
      ...{ name: "eight-plain", title: "eight conversations, no guesses" },
      fields: plain,
      ...whole(1, everyNth(answers, 3)),
    },
    { name: "eight", title: "eight conversations", fields: ahead, ...whole(1, everyNth(answers, 3)) },
  ];
}

/** All answers of a trace, with the kind of their question. */
function recorded(path: string): readonly Recorded[] {
  const trace = readJson(path);
  const kinds = parse(Category, trace, path).cases;
  const { cases } = trace as { readonly cases: readonly DraftedCase[] };
  return cases.map((one, i) => {
    const category = kinds[i]?.category ?? "";
    return { ...one, category, id: `${category} ${i + 1}` };
  });
}

/** All of them, in `n` groups of many kinds each. */
function everyNth<T>(all: readonly T[], n: number): readonly (readonly T[])[] {
  return Array.from({ length: n }, (_, group) => all.filter((_, i) => i % n === group));
}

/** Throws where an answer is not the recorded one's beginning: whoever ran it was wrong about what was kept. */
export function checkTexts(asked: readonly Recorded[], answers: readonly Pick<CaseResult, "id" | "output">[]): void {
  for (const { id, output } of answers) {
    const { greedy = [] } = asked.find((one) => one.id === id) ?? {};
    if (output.length === 0 || output.some((token, i) => token !== greedy[i]))
      throw new Error(`${id} got another text`);
  }
}

export function harmonicMean(values: readonly number[]): number {
  return values.length / values.reduce((sum, value) => sum + 1 / value, 0);
}
