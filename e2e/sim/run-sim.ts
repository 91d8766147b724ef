/** Runs a scenario on the simulator's clock; the report is that of `npm run ring`. */
import { basename } from "node:path";
import { readGguf } from "@jupiter/model";
import { createTokenizer, type Tokenizer } from "@jupiter/model/tokenizer";
import { decodingOf, LookupDrafter, type Drafter } from "@jupiter/pipeline";
import {
  balancedLayers,
  countingRule,
  simulate,
  TraceDrafter,
  traceRule,
  type Computer,
  type DraftedCase,
  type SimulatedDevice,
  type SimulatedStage,
  type Simulation,
  type SimulationResult,
} from "@jupiter/simulator";
import { tracedCases } from "../ring/emulate-tabs.ts";
import { fileSource } from "../ring/file-source.ts";
import { measuresOf } from "../ring/measures.ts";
import type { RunReport } from "../ring/report.ts";
import { decodingChoice, madeUpIds, modelFile, selectPrompts, type MeasuredCase } from "../ring/run.ts";
import { linkBetween } from "../ring/scenario-devices.ts";
import { ScenarioError, type Prompt, type Scenario } from "../ring/scenario.ts";

export interface SimulatedReport {
  readonly run: Pick<RunReport, "source" | "scenario" | "plan" | "links" | "laps">;
  readonly cases: readonly MeasuredCase[];
}

/** Of the recorded drafter for each place: more cost rows than they bring. */
const GUESSES = 2;

/** As tabs have it where nothing was planned. */
const UNPLANNED_CHUNK_ROWS = 64;

interface Facts {
  readonly L: number;
  readonly D: number;
  readonly tokenizer: Tokenizer | null;
}

export async function runSimulation(
  scenario: Scenario,
  { say, folder }: { readonly say: (message: string) => void; readonly folder: string },
): Promise<SimulatedReport> {
  const prompts = selectPrompts(scenario, folder);
  const devices = devicesOf(scenario);
  const facts = await factsOf(scenario, folder, say);
  const traced = tracedCases(scenario, folder);
  const rule = traced.length === 0 ? countingRule : traceRule(traced);
  const stages = stagesOf(scenario, devices, facts.L);
  const names = devices.map(({ name }) => name);
  const link = (from: number, to: number) => linkBetween(scenario.links, names[from] ?? "", names[to] ?? "");
  const cases: MeasuredCase[] = [];
  const laps: object[] = [];
  const bytes = new Map<string, { from: string; to: string; sizeBytes: number }>();
  for (const prompt of prompts) {
    const ids = idsOf(prompt, facts.tokenizer);
    const simulation: Simulation = {
      devices,
      machines: new Map(Object.entries(scenario.machines).map(([name, { cores }]) => [name, cores])),
      stages,
      hidden: facts.D,
      wire: scenario.wire,
      shapeOf: (from, to) => link(from, to).shape,
      mediumOf: (from, to) => link(from, to).medium,
      seed: scenario.seed,
      ring: {
        chunkRows: () => scenario.chunk ?? UNPLANNED_CHUNK_ROWS,
        maxInFlight: scenario.inFlight,
        capacity: scenario.context,
        arenas: 4,
        stages: stages.length,
        decoding: decodingOf(decodingChoice(scenario), stages.length),
      },
      drafters: (host) => draftersOf(scenario, traced, host),
      rule,
      requests: [{ atMs: 0, request: requestOf(scenario, prompt, ids) }],
    };
    const result = await simulate(simulation);
    const answer = caseOf(prompt, ids, result, names);
    cases.push(answer);
    laps.push({ id: prompt.id, laps: result.laps.map(({ atMs, lap }) => ({ ...lap, atMs })) });
    for (const { from, to, sizeBytes } of result.links) {
      const sum = bytes.get(`${from} > ${to}`)?.sizeBytes ?? 0;
      bytes.set(`${from} > ${to}`, { from, to, sizeBytes: sum + sizeBytes });
    }
    say(`${prompt.id}: ${answer.output.length} tokens, first after ${answer.timeToFirstTokenMs.toFixed(0)} ms`);
  }
  let first = 0;
  const plan = stages.map(({ device, layers }) => {
    const end = first + layers;
    const place = { seat: names[device] ?? "?", first, end };
    first = end;
    return place;
  });
  return { run: { source: "simulated", scenario, plan, links: [...bytes.values()], laps }, cases };
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

/** Devices and layers in ring order. */
function stagesOf(scenario: Scenario, devices: readonly SimulatedDevice[], L: number): SimulatedStage[] {
  const { hostLayers, layers } = scenario;
  const donors = devices.slice(1).map((_, i) => i + 1);
  const ring = {
    none: donors,
    first: [0, ...donors],
    last: [...donors, 0],
    both: [0, ...donors, 0],
    all: [0],
  }[hostLayers];
  if (ring.length === 0) throw new ScenarioError("No device holds layers: add devices, or give the host layers.");
  const counts =
    layers ?? balancedLayers({ L, devices: ring.map((device) => ({ layer: devices[device]!.costs.layer })) }, 64);
  const sum = counts.reduce((a, b) => a + b, 0);
  if (counts.length !== ring.length || sum !== L)
    throw new ScenarioError(
      `layers: expected ${ring.length} counts that add up to ${L}, got ${counts.join(", ")} (${sum}).`,
    );
  const stages = ring.map((device, i) => ({ device, layers: counts[i]! }));
  checkMemory(scenario, stages);
  return stages;
}

/** Throws `ScenarioError` where a device cannot hold its layers. */
function checkMemory({ devices = [], shape }: Scenario, stages: readonly SimulatedStage[]): void {
  const layerBytes = shape?.layerBytes ?? 0;
  devices.forEach(({ name, memoryBytes = Infinity }, device) => {
    const own = stages.filter((stage) => stage.device === device);
    const neededBytes = own.reduce((sum, { layers }) => sum + layers * layerBytes, 0);
    if (neededBytes > memoryBytes)
      throw new ScenarioError(
        `${name} has ${memoryBytes} bytes of memory; its layers need ${neededBytes}. Give it fewer layers.`,
      );
  });
}

export async function factsOf(scenario: Scenario, folder: string, say: (message: string) => void): Promise<Facts> {
  if (scenario.shape !== undefined) return { ...scenario.shape, tokenizer: null };
  const file = await modelFile(scenario, folder, say);
  const { checkpoint, metadata } = await readGguf(fileSource(file), basename(file));
  const { L, D } = checkpoint.shape;
  return { L, D, tokenizer: createTokenizer(metadata) };
}

function draftersOf(scenario: Scenario, cases: readonly DraftedCase[], computer: Computer): readonly Drafter[] {
  const lookup = new LookupDrafter();
  if (scenario.draft !== "recorded") return [lookup];
  const time = scenario.devices?.[0]?.time?.draft;
  if (time === undefined)
    throw new ScenarioError("draft: recorded guesses take the host time; its time needs draft: {floorMs, rowMs}.");
  return [lookup, new TraceDrafter({ cases, computer, ...time, children: GUESSES, seed: scenario.seed })];
}

function idsOf({ id, messages, text, ids, promptTokens }: Prompt, tokenizer: Tokenizer | null): Int32Array {
  if (ids !== undefined) return Int32Array.from(ids);
  if (promptTokens !== undefined) return Int32Array.from(madeUpIds(promptTokens));
  if (tokenizer === null)
    throw new ScenarioError(`${id}: without a model there is no tokenizer; give ids or promptTokens.`);
  return tokenizer.encode(messages === undefined ? (text ?? "") : tokenizer.renderChat(messages));
}

function requestOf({ tokens, temperature, topP, topK, seed }: Scenario, prompt: Prompt, ids: Int32Array) {
  return {
    id: prompt.id,
    conversation: prompt.id,
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
): MeasuredCase {
  const finished = events.flatMap(({ event }) => (event.kind === "finished" ? [event] : []))[0];
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
    branches: [],
  };
}
