/**
 * How Jupiter's paper and those it compares itself with run a prompt and an answer, as schedules. Rows of activations are `rowBytes` long; device 0
 * holds the prompt. Every schedule marks `first token` and `last token`.
 */
import { layerMs, type LayerCost } from "@jupiter/planner";
import { allGather, allReduce, overlapped, type Member } from "./collectives.ts";
import type { Schedule, Step } from "./schedule.ts";

export interface BaselineDevice {
  /** Of one layer, whole. */
  readonly layer: LayerCost;
}

/**
 * What tensor parallelism does not divide: a shard of 1/N of a layer does not take 1/N of its time. Of the layer's floor (kernel launches,
 * unpacking of weights) and of its time a row (norms, residuals, copies), 0 to 1.
 */
export interface Undivided {
  readonly floor: number;
  readonly row: number;
}

export interface Task {
  readonly L: number;
  /** Attention heads: the smallest shares of tensor parallelism. */
  readonly H: number;
  /** Of one row's activations. */
  readonly rowBytes: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly devices: readonly BaselineDevice[];
}

/** Of a message that carries a token's id. */
const ID_BYTES = 4;

function compute(ms: number, label: string): Step {
  return { kind: "compute", ms, label };
}

function mark(token: number, newTokens: number): Step[] {
  const marks: Step[] = [];
  if (token === 0) marks.push({ kind: "mark", name: "first token" });
  if (token === newTokens - 1) marks.push({ kind: "mark", name: "last token" });
  return marks;
}

function label(token: number): string {
  return token === 0 ? "prompt" : `token ${token + 1}`;
}

/** All layers on the first device; the others look on. */
export function oneDevice({ L, promptTokens, newTokens, devices }: Task): Schedule[] {
  return devices.map(function* ({ layer }, self): Generator<Step> {
    if (self !== 0) return;
    for (let token = 0; token < newTokens; token++) {
      const [T, S] = token === 0 ? [promptTokens, 0] : [1, promptTokens + token - 1];
      yield compute(L * layerMs(layer, T, S), label(token));
      yield* mark(token, newTokens);
    }
  });
}

/** EdgeShard's: a stage a device, prompt and tokens in one piece. `layers` per device; who has none takes no part. */
export function plainPipeline(task: Task, layers: readonly number[]): Schedule[] {
  return jupiter(task, layers, {
    chunks: 1,
    suffixTokens: 0,
    drafting: { rows: 1, tokensPerLap: 1, outlineTokens: task.newTokens, points: 1 },
  });
}

export interface PublishedJupiter {
  /** Equal ones. */
  readonly chunks: number;
  /** Of each point, after the prefix that all share. */
  readonly suffixTokens: number;
  readonly drafting: {
    /** Of a frame with drafts. */
    readonly rows: number;
    /** Tokens that a frame's verdict adds to its line. */
    readonly tokensPerLap: number;
    /** Said before points begin, one frame in flight. */
    readonly outlineTokens: number;
    /** Lines that grow side by side afterwards, a frame of each in flight. */
    readonly points: number;
  };
}

/** Jupiter as published: the prompt in equal chunks, then an outline and its points, each with a window of drafts a lap. */
export function jupiter(task: Task, layers: readonly number[], how: PublishedJupiter): Schedule[] {
  const { devices, rowBytes, promptTokens, newTokens } = task;
  const { chunks, suffixTokens, drafting } = how;
  /** The first device is always in it. */
  const ring = devices.flatMap((_, device) => (device === 0 || (layers[device] ?? 0) > 0 ? [device] : []));
  const last = ring.at(-1) ?? 0;
  const outlineLaps = Math.ceil((Math.min(newTokens, drafting.outlineTokens) - 1) / drafting.tokensPerLap);
  const rest = Math.max(0, newTokens - drafting.outlineTokens);
  const pointLaps = Math.ceil(rest / (drafting.points * drafting.tokensPerLap));

  return devices.map(function* ({ layer }, self): Generator<Step> {
    const place = ring.indexOf(self);
    if (place < 0) return;
    /** Its way to and from the head, which the last stage has: tokens' ids. */
    function* hear(): Generator<Step> {
      if (self === 0 && last > 0) yield { kind: "receive", from: last };
    }
    function* tell(): Generator<Step> {
      if (self === last && last > 0) yield { kind: "send", to: 0, sizeBytes: ID_BYTES };
    }
    /** One frame through this device's stage. */
    function* pass(rows: number, cached: number, what: string): Generator<Step> {
      if (place > 0) yield { kind: "receive", from: ring[place - 1]! };
      yield compute((layers[self] ?? 0) * layerMs(layer, rows, cached), what);
      if (self !== last) yield { kind: "send", to: ring[place + 1]!, sizeBytes: rows * rowBytes };
    }

    let cached = 0;
    for (let i = 0; i < chunks; i++) {
      const rows = Math.floor(((i + 1) * promptTokens) / chunks) - cached;
      yield* pass(rows, cached, `chunk ${i + 1}`);
      cached += rows;
    }
    yield* tell();
    yield* hear();
    if (self === 0) yield { kind: "mark", name: "first token" };
    for (let lap = 0; lap < outlineLaps; lap++) {
      yield* pass(drafting.rows, cached, lap % 2 === 0 ? "token" : "next token");
      yield* tell();
      yield* hear();
    }
    if (pointLaps > 0 && suffixTokens > 0) {
      for (let point = 0; point < drafting.points; point++) yield* pass(suffixTokens, cached, `point ${point + 1}`);
    }
    for (let lap = 0; lap < pointLaps; lap++) {
      for (let point = 0; point < drafting.points; point++) {
        if (lap > 0) yield* hear();
        yield* pass(drafting.rows, cached, `point ${point + 1}`);
        yield* tell();
      }
    }
    for (let point = 0; pointLaps > 0 && point < drafting.points; point++) yield* hear();
    if (self === 0) yield { kind: "mark", name: "last token" };
  });
}

/** Time of half a layer (attention, or the feed-forward part) for a share of its width. */
function shardMs(layer: LayerCost, T: number, S: number, share: number, undivided: Undivided): number {
  const piece = layer.findLast(({ fromRows }) => fromRows <= T) ?? layer[0];
  if (piece === undefined) return 0;
  const { floorMs, rowMs, pairMs } = piece;
  const of = (whole: number, part: number) => whole * (part + (1 - part) * share);
  return (of(floorMs, undivided.floor) + of(rowMs * T, undivided.row) + pairMs * T * (S + T) * share) / 2;
}

export interface TensorParallel {
  readonly undivided: Undivided;
  /** Of each device, 1 together. */
  readonly shares: readonly number[];
  /** Collectives of a layer: 2 for Megatron, 1 where sub-layers are decoupled (DeTransformer). */
  readonly collectives: 1 | 2;
  /** Prompts: messages while tiles are computed (Galaxy). */
  readonly overlaps: boolean;
}

/** Every device a share of every layer, put together again by all-reduces. */
export function tensorParallel(task: Task, { undivided, shares, collectives, overlaps }: TensorParallel): Schedule[] {
  const { L, rowBytes, promptTokens, newTokens, devices } = task;
  return devices.map(function* ({ layer }, self): Generator<Step> {
    const member: Member = { self, count: devices.length };
    for (let token = 0; token < newTokens; token++) {
      const [T, S] = token === 0 ? [promptTokens, 0] : [1, promptTokens + token - 1];
      const ms = (shardMs(layer, T, S, shares[self] ?? 0, undivided) * 2) / collectives;
      const what = label(token);
      for (let i = 0; i < collectives * L; i++) {
        if (overlaps && token === 0) {
          const work = { ms: ms / 2, label: what };
          yield* overlapped(member, (T * rowBytes) / member.count, work);
          yield* overlapped(member, (T * rowBytes) / member.count, work);
        } else {
          yield compute(ms, what);
          yield* allReduce(member, T * rowBytes);
        }
      }
      if (self === 0) yield* mark(token, newTokens);
    }
  });
}

/** Shares in whole heads, at least one each, that make the slowest device fastest: heads go one by one to whoever is then quickest. */
export function fairShares({ devices, H, promptTokens }: Task, undivided: Undivided): number[] {
  const heads = devices.map(() => 1);
  const ms = (device: number, count: number) =>
    shardMs(devices[device]?.layer ?? [], promptTokens, 0, count / H, undivided);
  for (let left = H - devices.length; left > 0; left--) {
    const after = heads.map((count, device) => ms(device, count + 1));
    const best = after.indexOf(Math.min(...after));
    heads[best] = (heads[best] ?? 0) + 1;
  }
  return heads.map((count) => count / H);
}

/** An equal part of the prompt's rows a device, keys and values sent round; tokens are then made by the first device alone. */
export function sequenceParallel(task: Task): Schedule[] {
  const { L, rowBytes, promptTokens, newTokens, devices } = task;
  const count = devices.length;
  return devices.map(function* ({ layer }, self): Generator<Step> {
    const member: Member = { self, count };
    const T = Math.floor(((self + 1) * promptTokens) / count) - Math.floor((self * promptTokens) / count);
    const partBytes = (promptTokens / count) * rowBytes;
    for (let i = 0; i < L; i++) {
      yield compute(layerMs(layer, T, promptTokens - T), "prompt");
      yield* allGather(member, partBytes); // keys
      yield* allGather(member, partBytes); // values
    }
    // The last row's device says the first token.
    if (self === count - 1 && count > 1) yield { kind: "send", to: 0, sizeBytes: ID_BYTES };
    if (self !== 0) return;
    if (count > 1) yield { kind: "receive", from: count - 1 };
    yield* mark(0, newTokens);
    for (let token = 1; token < newTokens; token++) {
      yield compute(L * layerMs(layer, 1, promptTokens + token - 1), label(token));
      yield* mark(token, newTokens);
    }
  });
}

/** Layers per device that make the slowest stage fastest for frames of `rows` rows, at least one each: the next goes to whoever is then quickest. */
export function balancedLayers({ L, devices }: Pick<Task, "L" | "devices">, rows: number): number[] {
  const layers = devices.map(() => 1);
  for (let left = L - devices.length; left > 0; left--) {
    const after = layers.map((count, device) => (count + 1) * layerMs(devices[device]?.layer ?? [], rows, 0));
    const best = after.indexOf(Math.min(...after));
    layers[best] = (layers[best] ?? 0) + 1;
  }
  return layers;
}
