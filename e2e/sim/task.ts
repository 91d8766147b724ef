/**
 * The paper's task on paper: six questions of 260 tokens, 64 shown ones each, by the four boards of its Env A. What the page asks of the model (a plain answer,
 * or router, outline and points) is asked again as it was recorded, each part as soon as those that it waits for have ended; `npm run bench -- task` does the same in tabs.
 */
import { fileURLToPath } from "node:url";
import type { GenerateRequest } from "@jupiter/pipeline";
import { balancedLayers, plainPipeline, runSchedules, simulate, type Schedule } from "@jupiter/simulator";
import { z } from "zod";
import { recordedTrace } from "../ring/emulate-tabs.ts";
import { factsOf } from "../ring/model-facts.ts";
import { readJson, selectPrompts } from "../ring/run.ts";
import { linkBetween } from "../ring/scenario-devices.ts";
import { parse, Scenario, ScenarioError, type Prompt, type ScenarioFields } from "../ring/scenario.ts";
import type { SetUp } from "./paper.ts";
import { requestOf, ringOf } from "./run-sim.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const silent = () => undefined;
/** Below the project's folder. */
const TASK_FILE = "e2e/bench/scenarios/paper-task.json";

/** What Jupiter's paper says of this task; lossy, and its points' tokens are counted as here. */
export const PUBLISHED = { jupiterMs: 16_500, edgeShardMs: 42_200 } as const;

const TracedPart = z.object({
  question: z.string(),
  part: z.string(),
  text: z.string(),
  promptIds: z.array(z.int()),
  greedy: z.array(z.int()),
});
type TracedPart = z.infer<typeof TracedPart>;
const TracedParts = z.object({ cases: z.array(TracedPart).min(1) });

/** When each of a question's parts ended, from the question on. */
export interface TaskTime {
  readonly id: string;
  /** To the last shown token. */
  readonly ms: number;
  readonly firstMs: number;
  /** Null: not asked. */
  readonly outlineMs: number | null;
  /** Tokens of the plain answer, or of all points. */
  readonly shown: number;
}

export interface PaperTask {
  readonly scenario: Scenario;
  readonly written: ScenarioFields;
  readonly prompts: readonly Prompt[];
  /** By question. */
  readonly parts: ReadonlyMap<string, readonly TracedPart[]>;
}

export function readTask(): PaperTask {
  const written = readJson(`${root}${TASK_FILE}`) as ScenarioFields;
  const scenario = parse(Scenario, written, TASK_FILE);
  const { trace } = scenario;
  if (trace === undefined) throw new ScenarioError(`${TASK_FILE} names no trace.`);
  const { cases } = parse(TracedParts, readJson(`${root}${trace}`), trace);
  const prompts = selectPrompts(scenario, root);
  const parts = new Map(prompts.map(({ id }) => [id, cases.filter(({ question }) => question === id)]));
  return { scenario, written, prompts, parts };
}

/** The scenario of one question, in a ring of its own. */
export function alone({ written }: PaperTask, prompt: Prompt, outline: Scenario["outline"]): Scenario {
  return parse(Scenario, { ...written, prompts: [prompt], outline }, TASK_FILE);
}

/** Whether the page would answer this question by points if it is told to, or if the router says so. */
export function isList({ parts }: PaperTask, { id }: Prompt): boolean {
  return parts.get(id)?.some(({ part }) => part === "outline") === true;
}

/** As the router's answers begin that lead to points: the page's own reading (`routeOf`) runs in its tab. */
const LIST = /^\W*A\b/;

/** Throws where a text is not the recorded one. */
export async function simulateTask(task: PaperTask, prompt: Prompt, outline: Scenario["outline"]): Promise<TaskTime> {
  const scenario = alone(task, prompt, outline);
  const parts = task.parts.get(prompt.id) ?? [];
  const part = (name: string) => {
    const found = parts.find((each) => each.part === name);
    if (found === undefined) throw new ScenarioError(`${prompt.id}: ${name} was not recorded.`);
    return requestFor(scenario, found, name === "plain" ? "plain" : "parts");
  };
  const points = parts.flatMap(({ part: name }) => (name.startsWith("point ") ? [name] : []));
  const asksRouter = outline === "auto" && isList(task, prompt);
  const saysList = !asksRouter || LIST.test(parts.find(({ part: name }) => name === "router")?.text ?? "");
  const byPoints = outline !== "off" && isList(task, prompt);
  const waiting = new Set(byPoints ? ["outline", ...(asksRouter ? ["router"] : [])] : []);
  const plain = { closed: ["parts"], requests: [part("plain")] };
  const { cases: traced } = recordedTrace(scenario, root);
  const { ring } = ringOf(scenario, { facts: await factsOf(scenario, root, silent), traced }, [
    { promptTokens: part("plain").ids.length, newTokens: prompt.tokens ?? scenario.tokens },
  ]);
  const { events } = await simulate({
    ...ring,
    requests: (byPoints ? [...waiting].toReversed() : ["plain"]).map((name) => ({ atMs: 0, request: part(name) })),
    follow: (event) => {
      if (event.kind !== "finished" || !waiting.delete(event.id)) return null;
      if (event.id === "router" && !saysList) {
        waiting.clear();
        return plain;
      }
      return waiting.size === 0 ? { requests: points.map(part) } : null;
    },
  });
  const shown = new Set(byPoints && saysList ? points : ["plain"]);
  const ends = new Map<string, number>();
  for (const { atMs, event } of events) {
    if (event.kind !== "finished") continue;
    const { greedy = [] } = parts.find((each) => each.part === event.id) ?? {};
    if (event.output.some((token, i) => token !== greedy[i]))
      throw new Error(`${prompt.id}: ${event.id} got another text`);
    if (event.finish !== "cancelled") ends.set(event.id, atMs);
  }
  return {
    id: prompt.id,
    ms: Math.max(...[...shown].map((name) => ends.get(name) ?? NaN)),
    firstMs: events.find(({ event }) => event.kind === "token" && shown.has(event.id))?.atMs ?? NaN,
    outlineMs: shown.has("plain") ? null : (ends.get("outline") ?? NaN),
    shown: [...shown].reduce((sum, name) => sum + part(name).maxTokens, 0),
  };
}

/** As the page asks for it. */
function requestFor(
  scenario: Scenario,
  { part, promptIds, greedy }: TracedPart,
  conversation: "plain" | "parts",
): GenerateRequest {
  const request = requestOf(scenario, { id: part, tokens: greedy.length }, Int32Array.from(promptIds));
  return { ...request, conversation, ...(conversation === "parts" ? { beside: conversation } : {}) };
}

/** EdgeShard's schedule on the same devices and links, to be gone through once: a prompt in one piece, then a lap a token. */
export function edgeShard({ scenario, parts }: PaperTask): SetUp {
  const { devices = [], links, shape, seed, tokens } = scenario;
  const names = devices.map(({ name }) => name);
  const lengths = [...parts.values()].flatMap(([plain]) => (plain === undefined ? [] : [plain.promptIds.length]));
  const task = {
    L: shape?.L ?? 0,
    H: 1,
    rowBytes: 2 * (shape?.D ?? 0),
    promptTokens: Math.round(lengths.reduce((sum, length) => sum + length, 0) / lengths.length),
    newTokens: tokens,
    devices: devices.map(({ time }) => ({ layer: time?.layer ?? [] })),
  };
  const schedules: readonly Schedule[] = plainPipeline(task, balancedLayers(task, task.promptTokens));
  return {
    schedules,
    network: {
      devices: names,
      shapeOf: (from, to) => linkBetween(links, names[from] ?? "", names[to] ?? "").shape,
      mediumOf: () => null,
      seed,
    },
  };
}

export interface TaskStudy {
  /** Lists by points, as the user chose; no outline at all; and as the page answers when it may choose, which asks the router. */
  readonly times: ReadonlyMap<Scenario["outline"], readonly TaskTime[]>;
  readonly edgeShardMs: number;
}

export async function taskStudy(): Promise<TaskStudy> {
  const task = readTask();
  const times = new Map<Scenario["outline"], TaskTime[]>();
  for (const outline of ["on", "off", "auto"] as const) {
    const own: TaskTime[] = [];
    for (const prompt of task.prompts) own.push(await simulateTask(task, prompt, outline));
    times.set(outline, own);
  }
  const { schedules, network } = edgeShard(task);
  return { times, edgeShardMs: runSchedules(schedules, network).marks.get("last token") ?? NaN };
}

export function meanMs(times: readonly Pick<TaskTime, "ms">[]): number {
  return times.reduce((sum, { ms }) => sum + ms, 0) / times.length;
}

export const WAYS = { on: "lists by points", off: "no outline", auto: "veto and router choose" } as const;

export function taskTable({ times, edgeShardMs }: TaskStudy): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const ids = times.get("on")?.map(({ id }) => id) ?? [];
  const rows = [...times].map(([outline, own]) => [
    WAYS[outline],
    seconds(meanMs(own)),
    ...own.map(({ ms, firstMs, outlineMs }) =>
      outlineMs === null
        ? `${seconds(ms)} (${seconds(firstMs)})`
        : `${seconds(ms)} (${seconds(outlineMs)}, ${seconds(firstMs)})`,
    ),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = ["seconds to the last shown token", "mean", ...ids];
  return [
    "In brackets: to the outline's end where there is one, and to the first shown token.",
    "",
    ...[head, head.map(() => "---"), ...rows].map(line),
    line(["EdgeShard's schedule", seconds(edgeShardMs), ...ids.map(() => "")]),
    line(["published: Jupiter, EdgeShard", `${seconds(PUBLISHED.jupiterMs)}, ${seconds(PUBLISHED.edgeShardMs)}`]),
  ].join("\n");
}
