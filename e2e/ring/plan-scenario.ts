/** The planner's word on a scenario whose devices all say what they take: who computes which layers, how prompts are cut, and how long it will take. */
import {
  chunkRule,
  lapMs,
  plan,
  returnMs,
  slicesMs,
  type DeviceProfile,
  type LinkCost,
  type ObjectiveMode,
  type Pipe,
  type PlanRequest,
  type Workload,
} from "@jupiter/planner";
import { RECORDED } from "@jupiter/simulator";
import { CANDIDATES, PeerId, scoreBytes, type Seat } from "@jupiter/protocol";
import type { LinkShape } from "@jupiter/transport/link-shape";
import { drafterNames } from "./drafters.ts";
import type { ModelFacts } from "./model-facts.ts";
import { linkBetween } from "./scenario-devices.ts";
import { ScenarioError, type Scenario } from "./scenario.ts";

export interface PlannedScenario {
  /** In ring order; `device` is an index of the scenario's devices. */
  readonly stages: readonly { readonly device: number; readonly layers: number }[];
  /** Who has final norm and LM head. */
  readonly head: "host" | "last";
  /** Names of devices that take no part: without them it is faster. */
  readonly leftOut: readonly string[];
  /** The ring as the chunk rule sees it. */
  readonly pipe: Pipe;
}

/** What is foretold of an answer; compare with `Measures`. */
export interface Foretold {
  readonly prefillMsPerToken: number;
  /** Null: one token, or guesses, whose worth is not known beforehand. */
  readonly decodeMsPerToken: number | null;
}

/** Of a chunk, where the scenario does not say: no device of ours is timed with more. */
const MOST_ROWS = 256;

/** Of a frame in the middle of an answer, if guesses mostly hold. */
const FEW_ROWS = 4;

/** One question and its answer, of tokens. */
export interface Asked {
  readonly promptTokens: number;
  readonly newTokens: number;
}

/**
 * Plans for a question of mean length. With `layers` in the scenario the devices stay in their order, and only the rest is foretold. Throws `ScenarioError`
 * where a device does not say its time, counts do not fit, or memory does not suffice.
 */
export function planScenario(
  scenario: Scenario,
  { L, D, layerBytes }: ModelFacts,
  asked: readonly Asked[],
  objective: ObjectiveMode = scenario.objective,
): PlannedScenario {
  const { devices = [], links, hostLayers, head, donors, layers, wire } = scenario;
  const profiles = devices.map(({ name, time, memoryBytes = Infinity }, index): DeviceProfile => {
    if (time === undefined)
      throw new ScenarioError(`${name} has no time: only devices that all say theirs can be planned for.`);
    if (time.head === null && (head !== "host" || index === 0))
      throw new ScenarioError(
        `${name} has no time.head: with head ${head} ${head === "host" ? "the host" : "every device"} needs one.`,
      );
    return { seat: seatAt(index), name, costs: time, memoryBytes, fixedBytes: 0, layerBytes, headBytes: 0 };
  });
  if (devices.length === 1 && hostLayers !== "all")
    throw new ScenarioError(`${devices[0]!.name} is alone, so it has all layers: say hostLayers "all".`);
  const deviceAt = (seat: Seat) => profiles.findIndex((profile) => profile.seat === seat);
  const named = (seat: Seat) => devices[deviceAt(seat)]?.name ?? "?";
  const request: PlanRequest = {
    devices: profiles,
    link: (from, to) => linkCost(linkBetween(links, named(from), named(to)).shape),
    model: {
      ...{ L, kvBytes: 0, mostRows: scenario.chunk ?? MOST_ROWS },
      rowBytes: D * (wire === "f16" ? 2 : 4),
      scoreBytes: scoreBytes(CANDIDATES),
    },
    placement: {
      hostLayers: [hostLayers],
      head: head === "best" ? ["host", "last"] : [head],
      donors,
      ...(layers === undefined ? {} : { layers }),
    },
    workload: { ...meanOf(asked), ...guessing(scenario) },
    objective,
  };
  const found = plan(request);
  if (found.kind === "not-enough") throw new ScenarioError(found.message);
  const stages = found.stages.map(({ seat, layers: { first, end } }) => ({
    device: deviceAt(seat),
    layers: end - first,
  }));
  if (layers !== undefined) checkMemory(scenario, stages, layerBytes);
  return {
    stages,
    head: found.head === "host" ? "host" : "last",
    leftOut: found.leftOut.map(named),
    pipe: found.pipe,
  };
}

/** The planner takes a person's word for `layers`; a device that cannot hold them is a fault of the file. */
function checkMemory(
  { devices = [] }: Scenario,
  stages: PlannedScenario["stages"],
  layerBytes: readonly number[],
): void {
  const needed = devices.map(() => 0);
  let layer = 0;
  for (const { device, layers } of stages) {
    for (let i = 0; i < layers; i++) needed[device]! += layerBytes[layer++] ?? 0;
  }
  devices.forEach(({ name, memoryBytes = Infinity }, device) => {
    if (needed[device]! > memoryBytes)
      throw new ScenarioError(
        `${name} has ${memoryBytes} bytes of memory; its layers need ${needed[device]}. Give it fewer layers.`,
      );
  });
}

/** What shaped and simulated links do with a message, without chance: jitter counts by half, what a message costs besides its bytes as delay. */
function linkCost({ mbitPerS = Infinity, delayMs = 0, jitterMs = 0, ...message }: LinkShape): LinkCost {
  const { perMessageMs = 0, perMessageBytes = 0 } = message;
  const bytesPerMs = mbitPerS * 125;
  return { rttMs: 2 * (delayMs + jitterMs / 2 + perMessageMs + perMessageBytes / bytesPerMs), bytesPerMs };
}

function meanOf(asked: readonly Asked[]): Workload {
  const mean = (of: (asked: Asked) => number) =>
    Math.max(1, Math.round(asked.reduce((sum, each) => sum + of(each), 0) / Math.max(1, asked.length)));
  return {
    promptTokens: mean(({ promptTokens }) => promptTokens),
    answerTokens: mean(({ newTokens }) => newTokens),
    answersAtOnce: 1,
    tokensPerLap: 1,
    rowsPerLap: 1,
    framesPerLap: 1,
    hostLapMs: 0,
  };
}

/** What the recorded drafter does to a lap: a frame of a few rows for each device, and on the host a step for each of a frame's guesses. */
function guessing({ strategy, draft, rows, devices = [] }: Scenario): Partial<Workload> {
  const step = devices[0]?.time?.draft;
  if (strategy !== "continuous" || step === undefined || !drafterNames(draft).includes(RECORDED)) return {};
  const rowsPerLap = Math.min(rows ?? Infinity, FEW_ROWS);
  return { rowsPerLap, framesPerLap: devices.length, hostLapMs: (rowsPerLap - 1) * step.floorMs };
}

/** Where a seat's name does not matter: the first device is the host. */
export function seatAt(index: number): Seat {
  return index === 0 ? "host" : PeerId.parse(`device_${index}`.padEnd(10, "_"));
}

/** What the scenario has that the planner knows nothing of, in words: what it foretells is then another thing than what is run. */
export function unforeseen({
  links,
  devices = [],
  machines,
}: Pick<Scenario, "links" | "devices" | "machines">): string[] {
  const isCrowded = Object.entries(machines).some(
    ([name, { cores }]) => devices.filter(({ machine }) => machine === name).length > cores,
  );
  return [
    ...(links.some(({ loss = 0 }) => loss > 0) ? ["loss"] : []),
    ...(links.some(({ jitterMs = 0 }) => jitterMs > 0) ? ["jitter (only its mean)"] : []),
    ...(links.some(({ medium }) => medium !== undefined) ? ["links that share a medium"] : []),
    ...(isCrowded ? ["devices that share cores"] : []),
  ];
}

/** How prompts are cut: chunks of so many rows, or by the plan's table. */
export interface Cutting {
  readonly rows: (remaining: number, cached: number) => number;
  /** Chunks of one prompt on their way at once. */
  readonly maxInFlight: number;
}

export function cuttingOf({ chunk, inFlight, context }: Scenario, pipe: Pipe): Cutting {
  if (chunk !== undefined) return { rows: () => chunk, maxInFlight: inFlight };
  const rule = chunkRule(pipe, context);
  return {
    rows: (remaining, cached) => rule.rows(remaining, cached),
    maxInFlight: Math.max(inFlight, rule.maxInFlight),
  };
}

/** Of a question in a conversation of its own. */
export function foretell(
  { strategy }: Pick<Scenario, "strategy">,
  pipe: Pipe,
  cutting: Cutting,
  { promptTokens, newTokens }: Asked,
): Foretold {
  const slices: number[] = [];
  for (let left = promptTokens; left > 0;) {
    const rows = Math.min(left, cutting.rows(left, promptTokens - left));
    slices.push(rows);
    left -= rows;
  }
  const middle = promptTokens + Math.max(0, newTokens - 2) / 2;
  return {
    prefillMsPerToken: (slicesMs(pipe, slices) + returnMs(pipe, 1)) / promptTokens,
    decodeMsPerToken: strategy === "plain" && newTokens > 1 ? lapMs(pipe, 1, middle) : null,
  };
}
