/** What a model's layers take on this device, by layers of made-up weights: nothing is fetched for it. */
import type { GraphFloat, ModelShape } from "@jupiter/model";
import { LIMITS, type Activations } from "@jupiter/protocol";
import { buildStage } from "./build-stage.ts";
import { chainRows } from "./chain-rows.ts";
import { unpacks } from "./ladder.ts";
import { layerBytes, madeUpLayer } from "./made-up-weights.ts";
import type { Backend } from "./ort.ts";
import type { StageRunner } from "./stage-runner.ts";

/** `ms` of one decoder layer for `T` new tokens at `S` cached ones; the lower quartile of a few runs. */
export interface LayerTime {
  readonly T: number;
  readonly S: number;
  readonly ms: number;
}

export interface StageTimes {
  readonly layerTimes: readonly LayerTime[];
  /** Of every frame, however many layers and rows: copying in and out, waiting for a GPU. */
  readonly frameMs: number;
}

/** How layers will be held and run. */
export interface ProfiledForm {
  readonly backend: Backend;
  readonly type: GraphFloat;
  readonly kernels?: boolean;
  /** Frames run in parts of so many rows, as they will where longer ones come out wrong. */
  readonly maxRows?: number;
}

/** The first run of a point compiles shaders and packs weights, and is not counted. */
const ROUNDS = 4;
/** Of a point in one round, at most, and while they take less than this. */
const RUNS = 2;
const VISIT_MS = 30;
/** Times that differ by less are alike. */
const HELD_UP = 1.2;
/** Of all points but the first two, without which no plan can be made. */
const BUDGET_MS = 2000;
/** So that one layer's time is told from a frame's, and that weights come from memory as in a stage of many layers, not from the caches. */
const LAYERS = 3;
/** Of weights that are made up at once, and of a cache for them: a phone has little to spare. */
const WEIGHTS_BYTES = 64 << 20;
const CACHE_BYTES = 32 << 20;
const FAR = 3072;
const MOST_ROWS = 256;

/**
 * Cached tokens are zeros, which take as long as others. Points are timed in rounds: what holds the machine up for a while holds up some runs of each,
 * and not all runs of a few.
 */
export async function profileLayers(shape: ModelShape, form: ProfiledForm): Promise<StageTimes> {
  const startMs = performance.now();
  const inBlocks = !unpacks(form);
  const layers = Math.min(LAYERS, Math.max(1, Math.floor(WEIGHTS_BYTES / layerBytes(shape, inBlocks))));
  const far = farSlots(shape, layers);
  const points = pointsTo(far).map(([T, S]): Point => ({ T, S, visits: [] }));
  const single: Point = { T: 1, S: 0, visits: [] };
  const round = async (stage: StageRunner, one: StageRunner | null, isFirst: boolean) => {
    const isOver = () => performance.now() - startMs > BUDGET_MS;
    if (one !== null && (isFirst || !isOver())) await visit(one, shape.D, single);
    for (const [i, point] of points.entries()) {
      if (!(isFirst && i < 2) && isOver()) return;
      await visit(stage, shape.D, point);
    }
  };
  const rounds = (one: StageRunner | null) =>
    withStage(shape, form, layers, far + MOST_ROWS, async (stage) => {
      for (let i = 0; i < ROUNDS; i++) await round(stage, one, i === 0);
    });
  await (layers === 1 ? rounds(null) : withStage(shape, form, 1, 64, rounds));
  const timed = trusted(points).map(({ T, S, visits }) => ({ T, S, ms: typical(visits.flat()) }));
  const [oneMs, manyMs] = [typical(single.visits.flat()), timed[0]?.ms ?? 0];
  const frameMs = layers === 1 ? 0 : Math.min(oneMs, Math.max(0, (layers * oneMs - manyMs) / (layers - 1)));
  return { frameMs, layerTimes: timed.map(({ T, S, ms }) => ({ T, S, ms: Math.max(0, ms - frameMs) / layers })) };
}

interface Point {
  readonly T: number;
  readonly S: number;
  /** By round, of the whole stage. */
  readonly visits: number[][];
}

/** Where most points took less when they were seen again, what was seen once is not known to be the device's doing. */
function trusted(points: readonly Point[]): readonly Point[] {
  const again = points.filter(({ visits }) => visits.length > 1);
  const heldUp = again.filter(({ visits: [first = [], ...later] }) => {
    return Math.min(...first) > HELD_UP * Math.min(...later.flat());
  });
  return heldUp.length > again.length / 2 ? again : points.filter(({ visits }) => visits.length > 0);
}

/** Rows and cached tokens, what matters most first: later ones are left out when time is up. */
function pointsTo(far: number): readonly (readonly [T: number, S: number])[] {
  const near = Math.min(768, far);
  return [
    [1, 0],
    [32, 0],
    [1, far],
    [64, near],
    [128, 0],
    [2, 0],
    [8, 0],
    [64, 0],
    [1, near],
    [32, far],
    [4, 0],
    [16, 0],
    [256, 0],
    [8, near],
    [128, near],
  ];
}

/** As many cached tokens as the model and memory allow; a multiple of 64. */
function farSlots({ K, E, contextLength }: ModelShape, layers: number): number {
  const slots = Math.min(FAR, contextLength - MOST_ROWS, CACHE_BYTES / (layers * 2 * K * E * 4));
  return Math.max(0, Math.floor(slots / 64) * 64);
}

async function withStage<T>(
  shape: ModelShape,
  form: ProfiledForm,
  layers: number,
  maxSlots: number,
  use: (stage: StageRunner) => Promise<T>,
): Promise<T> {
  const inBlocks = !unpacks(form);
  async function* groups() {
    for (let i = 0; i < layers; i++) yield await Promise.resolve([madeUpLayer(shape, inBlocks)]);
  }
  const stage = await buildStage({ ...shape, L: layers }, groups(), { ...form, maxSlots });
  try {
    return await use(stage);
  } finally {
    await stage.dispose();
  }
}

async function visit(stage: StageRunner, D: number, { T, S, visits }: Point): Promise<void> {
  const x: Activations = { wire: "f32", rows: T, hidden: D, data: new Float32Array(T * D).fill(0.1) };
  stage.apply({ kind: "free", arena: 0 });
  for (let base = 0; base < S; base += LIMITS.rowsPerFrame) {
    stage.skip(chainRows(0, base, Math.min(S - base, LIMITS.rowsPerFrame)));
  }
  // Again at the same slots: the rows of before are rolled back.
  const run = async () => (await stage.forward(x, chainRows(0, S, T))).computeMs;
  if (visits.length === 0) await run();
  const runs: number[] = [];
  visits.push(runs);
  const startMs = performance.now();
  for (let i = 0; i < RUNS && (i === 0 || performance.now() - startMs < VISIT_MS); i++) runs.push(await run());
}

/** The lower quartile: whatever else goes on only ever makes a run longer. */
export function typical(runs: readonly number[]): number {
  const sorted = [...runs].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 2] ?? 0;
}
