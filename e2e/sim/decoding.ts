/**
 * How much faster than plain decoding each way of decoding is on recorded answers, on paper: today's coordinator on four of the paper's boards, of which the first is the host and
 * drafts, scores and computes its layers on one queue. `docs/decoding.md` has the table.
 */
import { fileURLToPath } from "node:url";
import { decodingOf, type DecodingChoice, type GenerateRequest } from "@jupiter/pipeline";
import { simulate, TraceDrafter, traceRule, type DraftedCase, type Simulation } from "@jupiter/simulator";
import { z } from "zod";
import { GUESSES } from "../ring/drafters.ts";
import { ARENAS } from "../ring/model-facts.ts";
import { planScenario } from "../ring/plan-scenario.ts";
import { readJson } from "../ring/run.ts";
import { linkBetween } from "../ring/scenario-devices.ts";
import { parse, Scenario } from "../ring/scenario.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Below the project's folder. */
export const STUDY_FILE = "e2e/bench/scenarios/env-a-7b-continuous.json";
/** Answers that are over sooner say little. */
const LEAST_TOKENS = 64;
const POINT_TOKENS = 48;
const POINTS = ["generic", "knowledge", "common-sense", "counterfactual", "writing"];
/** A bad drafter names the recorded answer's token in so many of a hundred places. */
const BAD_PERCENT = 20;

const Category = z.object({ cases: z.array(z.object({ category: z.string() })) });

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

interface Way {
  readonly decoding: DecodingChoice;
  readonly layers: readonly number[];
  readonly children?: number;
  readonly drafted?: readonly DraftedCase[];
}

export async function decodingStudy(): Promise<DecodingStudy> {
  const study = new Study();
  const { even, light, cases } = study;
  const plain: Way = { decoding: { strategy: "plain", drafters: [] }, layers: even };
  const drafters = ["recorded"];
  const continuous: Way = { decoding: { strategy: "continuous", drafters }, layers: light };
  const ways = new Map<string, Way>([
    ["one window of four guesses", { decoding: { strategy: "window", drafters, rows: 5 }, layers: even, children: 1 }],
    ["continuous, even layers, chain", { ...continuous, layers: even, children: 1 }],
    ["continuous, planned layers, chain", { ...continuous, children: 1 }],
    ["continuous, planned layers, tree", continuous],
    [`a drafter that is right in ${BAD_PERCENT} %`, { ...continuous, layers: even, drafted: spoiled(cases) }],
  ]);
  const plainMs = await Promise.all(cases.map((one) => study.msPerToken([one], plain)));
  const alone = new Map<string, SpeedUp[]>();
  for (const [name, way] of ways) {
    const speeds: SpeedUp[] = [];
    for (const [i, one] of cases.entries())
      speeds.push({ category: one.category, times: plainMs[i]! / (await study.msPerToken([one], way)) });
    alone.set(name, speeds);
  }
  const one = harmonicMean(plainMs.map((ms) => 1 / ms));
  const points = POINTS.map((kind) => cases.find(({ category }) => category === kind)!);
  const beside = { beside: true, tokens: POINT_TOKENS };
  const groups: [string, Way, readonly (readonly Case[])[], Together][] = [
    ["five points, no guesses", plain, [points], beside],
    ["five points", continuous, [points], beside],
    ["four conversations", continuous, everyNth(cases, 6), {}],
    ["eight conversations, no guesses", plain, everyNth(cases, 3), {}],
    ["eight conversations", continuous, everyNth(cases, 3), {}],
  ];
  const together = new Map<string, number>();
  for (const [name, way, sets, how] of groups) {
    const times: number[] = [];
    for (const asked of sets) times.push(1 / one / (await study.msPerToken(asked, way, how)));
    together.set(name, harmonicMean(times));
  }
  return { layers: light, plainMs: 1 / one, alone, together };
}

type Case = DraftedCase & { readonly category: string };

/** All answers of a trace, with the kind of their question. */
export function recordedAnswers(path: string): readonly Case[] {
  const trace = readJson(path);
  const kinds = parse(Category, trace, path).cases;
  const { cases } = trace as { readonly cases: readonly DraftedCase[] };
  return cases.map((one, i) => ({ ...one, category: kinds[i]?.category ?? "" }));
}

interface Together {
  /** Side by side in one conversation. */
  readonly beside?: boolean;
  readonly tokens?: number;
}

class Study {
  readonly #scenario = parse(Scenario, readJson(`${root}${STUDY_FILE}`), STUDY_FILE);
  readonly #all: readonly Case[];
  readonly even: readonly number[];
  readonly light: readonly number[];

  constructor() {
    const { trace, devices = [], shape, tokens } = this.#scenario;
    if (trace === undefined || shape === undefined) throw new RangeError(`${STUDY_FILE} needs a trace and a shape`);
    this.#all = recordedAnswers(`${root}${trace}`);
    this.even = devices.map(() => shape.L / devices.length);
    const facts = { ...shape, layerBytes: Array<number>(shape.L).fill(0), tokenizer: null };
    const planned = planScenario(this.#scenario, facts, [{ promptTokens: LEAST_TOKENS, newTokens: tokens }]);
    this.light = devices.map((_, device) => planned.stages.find((stage) => stage.device === device)?.layers ?? 0);
  }

  get cases(): readonly Case[] {
    return this.#all.filter(({ greedy }) => greedy.length >= LEAST_TOKENS);
  }

  /** From when every answer has begun: of all tokens that come then. Throws where an answer is not the recorded one. */
  async msPerToken(
    cases: readonly Case[],
    way: Way,
    { beside = false, tokens = Infinity }: Together = {},
  ): Promise<number> {
    const { events } = await simulate(this.#simulation(cases, way, { beside, tokens }));
    const came = events.flatMap(({ atMs, event }) => (event.kind === "token" ? [{ atMs, id: event.id }] : []));
    for (const { event } of events) {
      if (event.kind !== "finished") continue;
      const { greedy = [] } = cases[Number(event.id)] ?? {};
      if (event.output.length === 0 || event.output.some((token, i) => token !== greedy[i]))
        throw new Error(`${event.id} got another text`);
    }
    const startMs = Math.max(...cases.map((_, i) => came.find(({ id }) => id === `${i}`)!.atMs));
    return (came.at(-1).atMs - startMs) / came.filter(({ atMs }) => atMs > startMs).length;
  }

  #simulation(cases: readonly Case[], way: Way, { beside, tokens }: Required<Together>): Simulation {
    const { devices = [], links, shape, wire, seed, chunk = 1, inFlight } = this.#scenario;
    const names = devices.map(({ name }) => name);
    const link = (from: number, to: number) => linkBetween(links, names[from] ?? "", names[to] ?? "");
    const draft = devices[0]?.time?.draft ?? { floorMs: 0, rowMs: 0 };
    const { children = GUESSES, drafted = this.#all } = way;
    return {
      devices: devices.map(({ name, time }) => ({ name, costs: time!, machine: null })),
      machines: new Map(),
      stages: way.layers.map((layers, device) => ({ device, layers })),
      hidden: shape!.D,
      wire,
      shapeOf: (from, to) => link(from, to).shape,
      mediumOf: (from, to) => link(from, to).medium,
      seed,
      ring: {
        chunkRows: () => chunk,
        maxInFlight: inFlight,
        capacity: 8192,
        arenas: ARENAS,
        stages: way.layers.length,
        decoding: decodingOf(way.decoding, way.layers.length),
      },
      drafters: (host) => [new TraceDrafter({ cases: drafted, computer: host, ...draft, children, seed })],
      rule: traceRule(this.#all),
      requests: cases.map(({ promptIds, greedy }, i) => ({
        atMs: 0,
        request: {
          id: `${i}`,
          conversation: beside ? "all" : `${i}`,
          ids: Int32Array.from(promptIds),
          maxTokens: Math.min(tokens, greedy.length),
          policy: { temperature: 0, topP: 1, topK: 0, seed: 1 },
          stopIds: [],
          ...(beside ? { beside: "points" } : {}),
        } satisfies GenerateRequest,
      })),
    };
  }
}

/** The same answers, with a drafter whose claims are as sure as before and mostly wrong. */
function spoiled(cases: readonly DraftedCase[]): readonly DraftedCase[] {
  return cases.map((one, c) => ({
    ...one,
    draftTop: one.draftTop.map((top, i) => {
      const isRight = (c * 7919 + i * 104_729) % 100 < BAD_PERCENT;
      return top.map(
        ([, logProb], rank) => [rank === 0 && isRight ? (one.greedy[i] ?? 0) : 200_000 + rank, logProb] as const,
      );
    }),
  }));
}

/** All of them, in `n` groups of many kinds each. */
function everyNth(cases: readonly Case[], n: number): readonly (readonly Case[])[] {
  return Array.from({ length: n }, (_, group) => cases.filter((_, i) => i % n === group));
}

export function harmonicMean(values: readonly number[]): number {
  return values.length / values.reduce((sum, value) => sum + 1 / value, 0);
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
