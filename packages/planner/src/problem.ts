/**
 * A request as numbers by index: what a layer of each device takes for the workload's frames, what each hop takes, how many layers fit where. Device 0
 * is the host. Everything that the search does thousands of times reads from here.
 */
import { delayMs, headMs, layerMs, sendMs, type HeadCost, type LinkCost } from "./costs.ts";
import type { DeviceProfile, PlanRequest, Workload } from "./request.ts";
import { longestRun, prefixSums } from "./split.ts";

export interface Problem {
  readonly request: PlanRequest;
  readonly L: number;
  readonly devices: readonly Device[];
  /** `[from][to]`. */
  readonly hops: readonly (readonly Hop[])[];
  readonly work: Work;
}

export interface Work {
  /** Laps after the first token; 0 where only that one counts. */
  readonly laps: number;
  /** Frames that are in the ring at once. */
  readonly frames: number;
  /** Prompts that come one behind the other; 0 where prefill does not count. */
  readonly prompts: number;
  /** Rows of a lap's frame. */
  readonly rows: number;
  /** Equal slicings of the prompt that are weighed. */
  readonly slicings: readonly Slicing[];
  readonly hostLapMs: number;
}

export interface Slicing {
  readonly rows: Int32Array;
  readonly starts: Int32Array;
}

export interface Device {
  readonly profile: DeviceProfile;
  readonly frameMs: number;
  /** Of one layer and one frame of a lap. */
  readonly lapMs: number;
  /** `[slicing][chunk]`, of one layer. */
  readonly chunkMs: readonly Float64Array[];
  /** `[slicing]`: the sum. */
  readonly promptMs: Float64Array;
  /** Of a lap's rows, and of one. */
  readonly headLapMs: number;
  readonly headOneMs: number;
  /** `[L + 1]`: bytes of the layers below each one, cache included. */
  readonly bytes: Float64Array;
  /** Layers that fit wherever they are, at most; with the head, and without. */
  readonly most: number;
  readonly mostWithHead: number;
}

export interface Hop {
  readonly delayMs: number;
  readonly rowMs: number;
  /** Of a row's scores. */
  readonly scoreMs: number;
}

const SLICINGS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64];
const FREE: HeadCost = { floorMs: 0, rowMs: 0 };

export function problemOf(request: PlanRequest): Problem {
  const { model, link } = request;
  const host = request.devices.find(({ seat }) => seat === "host");
  const donors = request.devices.filter(({ seat }) => seat !== "host");
  const profiles = host === undefined ? donors : [host, ...donors];
  const work = workOf(request);
  const hop = (cost: LinkCost): Hop => ({
    delayMs: delayMs(cost),
    rowMs: sendMs(cost, model.rowBytes),
    scoreMs: sendMs(cost, model.scoreBytes ?? model.rowBytes),
  });
  return {
    request,
    L: model.L,
    devices: profiles.map((profile) => deviceOf(profile, request, work)),
    hops: profiles.map(({ seat: from }) =>
      profiles.map(({ seat: to }) => (from === to ? { delayMs: 0, rowMs: 0, scoreMs: 0 } : hop(link(from, to)))),
    ),
    work,
  };
}

function workOf({ workload, objective, model }: PlanRequest): Work {
  const { promptTokens, answersAtOnce, framesPerLap, rowsPerLap, hostLapMs } = workload;
  const isPrefill = objective !== "tokens-per-second";
  return {
    laps: objective === "first-token" ? 0 : objective === "workload" ? lapsOf(workload) : 1,
    frames: objective === "first-token" ? 1 : answersAtOnce * framesPerLap,
    prompts: isPrefill ? (objective === "first-token" ? 1 : answersAtOnce) : 0,
    rows: rowsPerLap,
    slicings: isPrefill ? slicingsOf(promptTokens, model.mostRows) : [],
    hostLapMs,
  };
}

function slicingsOf(tokens: number, mostRows: number): readonly Slicing[] {
  const least = Math.ceil(tokens / mostRows);
  const counts = SLICINGS.filter((count) => count > least && count <= tokens);
  return [least, ...counts].map((count) => equalSlices(tokens, count));
}

/** Of one answer, after its first token. */
export function lapsOf({ answerTokens, tokensPerLap }: Workload): number {
  return Math.max(0, answerTokens - 1) / tokensPerLap;
}

/** Tokens that are cached in the middle of an answer. */
export function cachedInAnswer({ promptTokens, answerTokens }: Workload): number {
  return promptTokens + Math.floor(answerTokens / 2);
}

/** Longer chunks first: later ones see more. */
function equalSlices(tokens: number, count: number): Slicing {
  const rows = new Int32Array(count);
  const starts = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    starts[i] = at;
    rows[i] = Math.ceil((tokens - at) / (count - i));
    at += rows[i]!;
  }
  return { rows, starts };
}

function deviceOf(profile: DeviceProfile, { model, workload }: PlanRequest, { slicings, rows }: Work): Device {
  const { costs, memoryBytes, fixedBytes, headBytes } = profile;
  const chunkMs = slicings.map(({ rows, starts }) =>
    Float64Array.from(rows, (T, i) => layerMs(costs.layer, T, starts[i]!)),
  );
  const bytes = prefixSums(profile, model);
  const head = costs.head ?? FREE;
  return {
    profile,
    frameMs: costs.frameMs,
    lapMs: layerMs(costs.layer, rows, cachedInAnswer(workload)),
    chunkMs,
    promptMs: Float64Array.from(chunkMs, (times) => times.reduce((a, b) => a + b, 0)),
    headLapMs: headMs(head, rows),
    headOneMs: headMs(head, 1),
    bytes,
    most: longestRun(bytes, memoryBytes - fixedBytes),
    mostWithHead: longestRun(bytes, memoryBytes - fixedBytes - headBytes),
  };
}
