/** Runs a scenario in a room of tabs and reports everything that was measured on the way. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { DecodingChoice, DecodingCounts } from "@jupiter/pipeline";
import type { PeerId } from "@jupiter/protocol";
import type { AskOptions, OutlineBranch, OutlineStep } from "../../apps/web/src/engine/api.ts";
import type { HarnessAnswer } from "../../apps/web/src/harness.ts";
import { fetchModel } from "../../scripts/models.mjs";
import { checkLayerSum, checkRing } from "./check-ring.ts";
import { draftFiles } from "./draft-files.ts";
import { drafterNames } from "./drafters.ts";
import { emulateTabs } from "./emulate-tabs.ts";
import { batchOf, inBatches, type Batch, type Measures } from "./measures.ts";
import { ARENAS, factsOf, idsOf, type ModelFacts } from "./model-facts.ts";
import { cuttingOf, foretell, planScenario, type Foretold, type PlannedScenario } from "./plan-scenario.ts";
import { measured, namesOf, report, type CaseLaps, type Names, type RunReport } from "./report.ts";
import { Forced, parse, Prompts, ScenarioError, type Prompt, type Scenario } from "./scenario.ts";
import { freeLinks } from "./scenario-devices.ts";
import { modelPlace, TabRoom } from "./tabs.ts";

export interface CaseResult {
  readonly id: string;
  /** Of the prompt. */
  readonly ids: readonly number[];
  /** New ids, eos included. */
  readonly output: readonly number[];
  readonly text: string;
  readonly finish: string;
  readonly timeToFirstTokenMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly laps: number;
  /** Frames, rows, and what became of guesses. */
  readonly counts: DecodingCounts | null;
  readonly reusedTokens: number;
  /** At every step: what would have been chosen, its lead over the second best, and the token fed on. */
  readonly steps: readonly { readonly chosen: number; readonly margin: number; readonly token: number }[];
  /** What was asked before the points; none without an outline. */
  readonly outline: readonly OutlineStep[];
  /** Parts of an answer that grow side by side; none without an outline. */
  readonly branches: readonly OutlineBranch[];
}

export interface MeasuredCase extends CaseResult, Measures {
  /** Null: nobody planned, since layers were given and nothing was measured; or several questions were put at once. */
  readonly foretold: Foretold | null;
}

export interface RingResult {
  readonly run: RunReport;
  readonly cases: readonly MeasuredCase[];
}

export interface RunOptions {
  readonly say: (message: string) => void;
  /** Paths in the scenario are relative to it. */
  readonly folder: string;
  /** With as many donors as the scenario has; it stays open. Left out: one of its own. */
  readonly room?: TabRoom;
}

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RingResult> {
  const { say, folder } = options;
  checkRing(scenario);
  const prompts = selectPrompts(scenario, folder);
  const forced = readForced(scenario, folder, prompts);
  const file = await modelFile(scenario, folder, say);
  const facts = await factsOf(scenario, folder, say);
  checkLayerSum(scenario, facts.L);
  const place = modelPlace(file);
  const draft = await draftFiles(scenario, folder, say);
  await using own =
    options.room === undefined
      ? await TabRoom.open({
          models: [...place.models, ...draft.models],
          donors: scenario.tabs,
          adapter: scenario.backend === "wasm" ? "software" : "machine",
        })
      : null;
  const room = options.room ?? own!;
  say(scenario.tabs === 1 ? "1 donor is in the room" : `${scenario.tabs} donors are in the room`);
  const names = await namesOf(room, scenario);
  await emulateTabs(room, scenario, names, folder);
  const planned = planEmulated(scenario, prompts, facts);
  const ring = await room.start({
    ...ringOptions(scenario, place.url),
    ...asPlanned(scenario, planned, names),
    ...draft.options,
  });
  if (ring.kind !== "ready") throw new Error("message" in ring ? ring.message : "the ring did not start");
  await checkDraft(room);
  say(
    `ring: ${ring.places.map(({ seat, layers }) => `${names.get(seat) ?? seat} ${layers.first}-${layers.end - 1}`).join(" → ")}${ring.head === "host" ? "" : `, head on ${names.get(ring.head) ?? ring.head}`}`,
  );
  const route = ring.places.map(({ seat }) => names.get(seat) ?? seat);
  for (const pair of freeLinks(scenario, route))
    say(`no entry of links is for ${pair}: they send as fast as this machine can`);
  const pipe = planned?.pipe ?? ring.plan?.pipe ?? null;
  const course = pipe === null ? null : { pipe, cutting: cuttingOf(scenario, pipe) };
  const cases: MeasuredCase[] = [];
  const laps: CaseLaps[] = [];
  const batches: Batch[] = [];
  for (const asked of inBatches(prompts, scenario.concurrency)) {
    const answers = await askTogether(room, scenario, asked, forced);
    for (const { id, answer } of answers) {
      const result = resultOf(id, answer);
      const tokens = { promptTokens: result.ids.length - result.reusedTokens, newTokens: result.output.length };
      const isForetold = course !== null && scenario.concurrency === 1;
      const foretold = isForetold ? foretell(scenario, course.pipe, course.cutting, tokens) : null;
      cases.push({ ...result, ...measured(answer, ring.places, names), foretold });
      say(answerInWords(result));
    }
    // Who ended last has heard of all.
    const heard = answers.map(({ answer }) => answer.laps).sort((a, b) => b.length - a.length);
    laps.push({ id: asked.map(({ id }) => id).join(", "), laps: heard[0] ?? [] });
    batches.push(batchOf(answers.flatMap(({ id, answer }) => answer.tokens.map(({ atMs }) => ({ id, atMs })))));
  }
  return { run: await report(room, scenario, ring, { laps, batches }, names), cases };
}

/** The planner's word where every device says what it takes; null: the page plans by what it measures. */
function planEmulated(scenario: Scenario, prompts: readonly Prompt[], facts: ModelFacts): PlannedScenario | null {
  if (scenario.devices?.every(({ time }) => time !== undefined) !== true) return null;
  const asked = prompts.map((prompt) => ({
    promptTokens: idsOf(prompt, facts).length,
    newTokens: prompt.tokens ?? scenario.tokens,
  }));
  return planScenario(scenario, facts, asked);
}

/** What the plan changes of `ringOptions`. */
export function asPlanned(scenario: Scenario, planned: PlannedScenario | null, names: Names) {
  if (planned === null) return {};
  const seats = [...names.keys()];
  const donors = planned.stages.flatMap(({ device }) => (device === 0 ? [] : [seats[device] as PeerId]));
  return {
    donors,
    layers: planned.stages.map(({ layers }) => layers),
    head: planned.head,
    ...(scenario.chunk === undefined ? { chunkRows: planned.pipe } : {}),
  };
}

/** A ring goes on without its draft model; a run that was to have one does not. */
export async function checkDraft({ host }: TabRoom): Promise<void> {
  const draft = await host.evaluate(() => globalThis.jupiterHarness!.draft());
  if (draft.kind === "failed") throw new Error(draft.message);
}

/** What the harness's `start` takes. */
export function ringOptions(scenario: Scenario, url: string) {
  const { model, hostLayers, head, layers, backend, threads, wire, context, chunk, inFlight } = scenario;
  return {
    model: { id: model.endsWith(".gguf") ? basename(model) : model, title: basename(model), source: url },
    hostLayers,
    head,
    ...(hostLayers === "all" ? { donors: [] } : {}),
    ...(layers === undefined ? {} : { layers }),
    compute: { backend, threads },
    wire,
    capacity: context,
    arenas: ARENAS,
    ...(chunk === undefined ? {} : { chunkRows: chunk }),
    maxInFlight: inFlight,
    decoding: decodingChoice(scenario),
  };
}

export function decodingChoice({ strategy, draft, rows, windows, acceptance }: Scenario): DecodingChoice {
  return {
    strategy,
    drafters: drafterNames(draft),
    acceptance,
    ...(rows === undefined ? {} : { rows }),
    ...(windows === undefined ? {} : { windows }),
  };
}

export async function modelFile(
  { model }: Pick<Scenario, "model">,
  folder: string,
  say: (message: string) => void,
): Promise<string> {
  if (!model.endsWith(".gguf")) return fetchModel(model, { say });
  const path = resolve(folder, model);
  if (!existsSync(path)) throw new ScenarioError(`There is no model file ${path}.`);
  return path;
}

export function askCase(room: TabRoom, ...asked: Parameters<typeof questionOf>): Promise<HarnessAnswer> {
  return room.ask(questionOf(...asked));
}

/** All at once. */
async function askTogether(
  room: TabRoom,
  scenario: Scenario,
  prompts: readonly Prompt[],
  forced: ReadonlyMap<string, readonly number[]> | null,
): Promise<readonly { readonly id: string; readonly answer: HarnessAnswer }[]> {
  const conversation = crypto.randomUUID();
  const together = scenario.beside ? { conversation, beside: conversation } : {};
  const answers = await room.askAll(
    prompts.map((prompt) => ({ ...questionOf(scenario, prompt, forced?.get(prompt.id)), ...together })),
  );
  return answers.map((answer, i) => ({ id: prompts[i]!.id, answer }));
}

/** In a conversation of its own. */
function questionOf(
  scenario: Scenario,
  prompt: Prompt,
  force?: readonly number[],
  decoding?: DecodingChoice,
): AskOptions {
  const { temperature, topP, topK, seed, tokens, outline } = scenario;
  return {
    id: crypto.randomUUID(),
    conversation: crypto.randomUUID(),
    prompt: promptOf(prompt),
    maxTokens: force?.length ?? prompt.tokens ?? tokens,
    policy: { temperature, topP, topK, seed },
    stop: [],
    outline,
    ...(force === undefined ? {} : { force }),
    ...(decoding === undefined ? {} : { decoding }),
  };
}

function promptOf({ messages, text, ids, promptTokens }: Prompt): AskOptions["prompt"] {
  if (messages !== undefined) return { kind: "chat", messages };
  if (text !== undefined) return { kind: "text", text };
  return { kind: "ids", ids: ids ?? madeUpIds(promptTokens ?? 1) };
}

/** Ids that every vocabulary has; what they mean does not matter where only time does. */
export function madeUpIds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 16 + (i % 240));
}

export function resultOf(id: string, { finished, tokens }: HarnessAnswer): CaseResult {
  const { ids, output, text, finish, timings, steps: outline = [], branches = [] } = finished;
  const { timeToFirstTokenMs, prefillMs, decodeMs, laps, counts = null, reusedTokens } = timings;
  const steps = tokens.map(({ chosen, margin, token }) => ({ chosen, margin, token }));
  return {
    id,
    ids,
    output,
    text,
    finish,
    timeToFirstTokenMs,
    prefillMs,
    decodeMs,
    laps,
    counts,
    reusedTokens,
    steps,
    outline,
    branches,
  };
}

function answerInWords({ id, output, finish, timeToFirstTokenMs, decodeMs, laps, counts }: CaseResult): string {
  const perTokenMs = decodeMs / Math.max(1, output.length - 1);
  return `${id}: ${output.length} tokens (${finish}), first after ${timeToFirstTokenMs.toFixed(0)} ms, then ${perTokenMs.toFixed(1)} ms a token in ${laps} laps${guessesInWords(counts)}`;
}

function guessesInWords(counts: DecodingCounts | null): string {
  if (counts === null || counts.drafted === 0) return "";
  const { frames, rows, drafted, accepted, cancelled } = counts;
  return `; ${accepted} of ${drafted} guesses held, ${rows} rows in ${frames} frames, ${cancelled} cancelled`;
}

export function selectPrompts({ prompts, cases }: Scenario, folder: string): readonly Prompt[] {
  const where = typeof prompts === "string" ? prompts : "prompts";
  const all = typeof prompts === "string" ? parse(Prompts, readJson(resolve(folder, prompts)), prompts) : prompts;
  checkIds(where, all);
  const unknown = cases?.find((id) => all.every((prompt) => prompt.id !== id));
  if (unknown !== undefined)
    throw new ScenarioError(`There is no case ${unknown}; there are ${all.map(({ id }) => id).join(", ")}.`);
  return cases === undefined ? all : all.filter(({ id }) => cases.includes(id));
}

function readForced(
  { force }: Scenario,
  folder: string,
  prompts: readonly Prompt[],
): ReadonlyMap<string, readonly number[]> | null {
  if (force === undefined) return null;
  const cases = parse(Forced, readJson(resolve(folder, force)), force);
  checkIds(force, cases);
  const forced = new Map(cases.map(({ id, output }) => [id, output]));
  const without = prompts.find(({ id }) => !forced.has(id));
  if (without !== undefined) throw new ScenarioError(`${force} has no ids for case ${without.id}.`);
  return forced;
}

/** Answers are told apart by their ids. */
function checkIds(where: string, cases: readonly { readonly id: string }[]): void {
  for (const [index, { id }] of cases.entries()) {
    const before = cases.findIndex((other) => other.id === id);
    if (before !== index)
      throw new ScenarioError(`${where}: entries ${before + 1} and ${index + 1} both have the id "${id}"; rename one.`);
  }
}

export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(`${path} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws `ScenarioError` where there is no such file. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!existsSync(path)) throw new ScenarioError(`There is no file ${path}.`);
    if (statSync(path).isDirectory()) throw new ScenarioError(`${path} is a folder; name a file in it.`);
    throw new ScenarioError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
