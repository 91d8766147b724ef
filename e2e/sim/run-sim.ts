/** Runs a scenario on the simulator's clock; the report is that of `npm run ring`. */
import { decodingOf, LookupDrafter, type Drafter, type GenerateRequest } from "@jupiter/pipeline";
import {
  countingRule,
  simulate,
  TraceDrafter,
  traceRule,
  type Computer,
  type DraftedCase,
  type SimulatedDevice,
  type Simulation,
  type SimulationResult,
} from "@jupiter/simulator";
import { recordedTrace } from "../ring/emulate-tabs.ts";
import { batchOf, inBatches, measuresOf, type Batch } from "../ring/measures.ts";
import { replayedParts, type CaseLaps, type RunReport } from "../ring/report.ts";
import { ARENAS, factsOf, idsOf, type ModelFacts } from "../ring/model-facts.ts";
import {
  cuttingOf,
  foretell,
  planScenario,
  type Asked,
  type Cutting,
  type Foretold,
  type PlannedScenario,
} from "../ring/plan-scenario.ts";
import { decodingChoice, selectPrompts, type MeasuredCase } from "../ring/run.ts";
import { drafterNames, recordedGuesses } from "../ring/drafters.ts";
import { freeLinks, linkBetween } from "../ring/scenario-devices.ts";
import { ScenarioError, type Prompt, type Scenario } from "../ring/scenario.ts";

export interface SimulatedReport {
  readonly run: Pick<RunReport, "source" | "replayed" | "scenario" | "head" | "plan" | "links" | "laps" | "batches">;
  readonly cases: readonly MeasuredCase[];
}

export async function runSimulation(
  scenario: Scenario,
  { say, folder }: { readonly say: (message: string) => void; readonly folder: string },
): Promise<SimulatedReport> {
  const prompts = selectPrompts(scenario, folder);
  if (scenario.outline !== "off")
    throw new ScenarioError(
      "outline: points are asked for by the page; choose off here. npm run sim -- task simulates what the page asked for.",
    );
  const facts = await factsOf(scenario, folder, say);
  const asked = prompts.map((prompt) => ({ prompt, ids: idsOf(prompt, facts) }));
  const newTokensOf = (prompt: Prompt) => prompt.tokens ?? scenario.tokens;
  for (const { prompt, ids } of asked) checkRoom(scenario, prompt.id, ids.length, newTokensOf(prompt), say);
  const { cases: traced } = recordedTrace(scenario, folder);
  const { ring, stages, head, pipe, cutting, leftOut } = ringOf(
    scenario,
    { facts, traced },
    asked.map(({ prompt, ids }) => ({ promptTokens: ids.length, newTokens: newTokensOf(prompt) })),
  );
  const names = ring.devices.map(({ name }) => name);
  if (leftOut.length > 0) say(`the plan leaves out ${leftOut.join(", ")}; with donors "all" each gets a layer`);
  const route = stages.map(({ device }) => names[device] ?? "?");
  for (const pair of freeLinks(scenario, route)) say(`no entry of links is for ${pair}: what they send takes no time`);
  const cases: MeasuredCase[] = [];
  const laps: CaseLaps[] = [];
  const batches: Batch[] = [];
  const bytes = new Map<string, { from: string; to: string; sizeBytes: number }>();
  for (const together of inBatches(asked, scenario.concurrency)) {
    const simulation: Simulation = {
      ...ring,
      requests: together.map(({ prompt, ids }) => ({ atMs: 0, request: requestOf(scenario, prompt, ids) })),
    };
    const result = await simulate(simulation);
    for (const { prompt, ids } of together) {
      const tokens = { promptTokens: ids.length, newTokens: newTokensOf(prompt) };
      const foretold = scenario.concurrency === 1 ? foretell(scenario, pipe, cutting, tokens) : null;
      const answer = caseOf(prompt, ids, result, names, foretold);
      cases.push(answer);
      say(`${prompt.id}: ${answer.output.length} tokens, first after ${answer.timeToFirstTokenMs.toFixed(0)} ms`);
    }
    laps.push({
      id: together.map(({ prompt }) => prompt.id).join(", "),
      laps: result.laps.map(({ atMs, lap }) => ({ ...lap, atMs })),
    });
    batches.push(
      batchOf(result.events.flatMap(({ atMs, event }) => (event.kind === "token" ? [{ id: event.id, atMs }] : []))),
    );
    for (const { from, to, sizeBytes } of result.links) {
      const sum = bytes.get(`${from} > ${to}`)?.sizeBytes ?? 0;
      bytes.set(`${from} > ${to}`, { from, to, sizeBytes: sum + sizeBytes });
    }
  }
  const headAt = names[head === "host" ? 0 : (stages.at(-1)?.device ?? 0)] ?? "?";
  if (head !== "host") say(`head on ${headAt}`);
  let first = 0;
  const plan = stages.map(({ device, layers }) => {
    const end = first + layers;
    const name = names[device] ?? "?";
    const place = { seat: device === 0 ? "host" : name, device: name, first, end };
    first = end;
    return place;
  });
  return {
    run: {
      ...{ source: "simulated", replayed: replayedParts(scenario), scenario, head: headAt },
      plan,
      links: [...bytes.values()],
      laps,
      batches,
    },
    cases,
  };
}

interface SimulatedRing extends PlannedScenario {
  readonly ring: Omit<Simulation, "requests">;
  readonly cutting: Cutting;
}

/** Throws `ScenarioError` for a prompt that a conversation has no room for; says it where only its answer must be shorter. */
function checkRoom(
  { context }: Scenario,
  id: string,
  promptTokens: number,
  newTokens: number,
  say: (message: string) => void,
): void {
  const room = context - promptTokens;
  if (room <= 0)
    throw new ScenarioError(`${id}: its prompt has ${promptTokens} tokens, and context is ${context}; give it more.`);
  if (newTokens > room) say(`${id}: context ${context} has room for ${room} of its ${newTokens} new tokens`);
}

/** The scenario's devices and links, planned for such questions. */
export function ringOf(
  scenario: Scenario,
  { facts, traced }: { readonly facts: ModelFacts; readonly traced: readonly DraftedCase[] },
  asked: readonly Asked[],
): SimulatedRing {
  const devices = devicesOf(scenario);
  const planned = planScenario(scenario, facts, asked);
  const { stages, head, pipe } = planned;
  const cutting = cuttingOf(scenario, pipe);
  const names = devices.map(({ name }) => name);
  const link = (from: number, to: number) => linkBetween(scenario.links, names[from] ?? "", names[to] ?? "");
  const ring: Omit<Simulation, "requests"> = {
    devices,
    machines: new Map(Object.entries(scenario.machines).map(([name, { cores }]) => [name, cores])),
    stages,
    hidden: facts.D,
    wire: scenario.wire,
    shapeOf: (from, to) => link(from, to).shape,
    mediumOf: (from, to) => link(from, to).medium,
    seed: scenario.seed,
    ring: {
      chunkRows: cutting.rows,
      maxInFlight: cutting.maxInFlight,
      capacity: scenario.context,
      arenas: ARENAS,
      stages: stages.length,
      ...(head === "host" ? {} : { headOnLast: { vocabulary: Infinity } }),
      decoding: decodingOf(decodingChoice(scenario), stages.length),
    },
    drafters: (host) => draftersOf(scenario, traced, host),
    rule: traced.length === 0 ? countingRule : traceRule(traced),
  };
  return { ...planned, ring, cutting };
}

function devicesOf({ devices }: Scenario): SimulatedDevice[] {
  if (devices === undefined) {
    throw new ScenarioError(
      "The scenario has no devices. A simulation needs each one's time: {name, time: {layer: [{floorMs, rowMs}]}}.",
    );
  }
  return devices.map(({ name, time, machine = null }) => {
    if (time === undefined)
      throw new ScenarioError(`${name} has no time: a real device is for npm run ring. Say what it takes.`);
    return { name, costs: time, machine };
  });
}

function draftersOf(scenario: Scenario, cases: readonly DraftedCase[], computer: Computer): readonly Drafter[] {
  const lookup = new LookupDrafter();
  const names = drafterNames(scenario.draft);
  if (["model", "medusa"].some((name) => names.includes(name)))
    throw new ScenarioError("draft: models are not simulated; choose recorded guesses.");
  if (scenario.acceptance === "typical")
    throw new ScenarioError("acceptance: simulated answers have no probabilities to accept by; choose exact.");
  const guesses = recordedGuesses(scenario);
  return guesses === null ? [lookup] : [lookup, new TraceDrafter({ ...guesses, cases, computer })];
}

export function requestOf(
  { tokens, temperature, topP, topK, seed, beside }: Scenario,
  prompt: Prompt,
  ids: Int32Array,
): GenerateRequest {
  return {
    id: prompt.id,
    ...(beside ? { conversation: "all", beside: "all" } : { conversation: prompt.id }),
    ids,
    maxTokens: prompt.tokens ?? tokens,
    policy: { temperature, topP, topK, seed },
    stopIds: [],
  };
}

function caseOf(
  prompt: Prompt,
  ids: Int32Array,
  { events, spans }: SimulationResult,
  devices: readonly string[],
  foretold: Foretold | null,
): MeasuredCase {
  const finished = events
    .flatMap(({ event }) => (event.kind === "finished" ? [event] : []))
    .find(({ id }) => id === prompt.id);
  if (finished === undefined) throw new Error(`${prompt.id} was not answered`);
  if (finished.finish === "failed") throw new ScenarioError(`${prompt.id}: ${finished.reason ?? "failed"}`);
  const { output, finish, timings } = finished;
  const { timeToFirstTokenMs, prefillMs, decodeMs, laps, counts = null, reusedTokens } = timings;
  const course = { spans, devices, startMs: 0 };
  return {
    id: prompt.id,
    ids: [...ids],
    output,
    text: "",
    finish,
    timeToFirstTokenMs,
    prefillMs,
    decodeMs,
    laps,
    counts,
    reusedTokens,
    ...measuresOf({ timings, newTokens: output.length }, course),
    steps: [],
    outline: [],
    branches: [],
    foretold,
  };
}
