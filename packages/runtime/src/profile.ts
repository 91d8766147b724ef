import type { GraphFloat, LayerWeights, LinearWeights, ModelShape } from "@jupiter/model";
import { ROOT, type Activations, type RowTable } from "@jupiter/protocol";
import { buildStage } from "./build-stage.ts";
import type { Backend } from "./ort.ts";

/** `ms` of one decoder layer for `T` new tokens at `S` cached ones; the median of a few runs. */
export interface LayerTime {
  readonly T: number;
  readonly S: number;
  readonly ms: number;
}

const REPEATS = 5;
/** Rows and cached tokens, what matters most first: later ones are left out when time is up. */
const POINTS = [
  [1, 0],
  [32, 0],
  [1, 768],
  [128, 0],
  [8, 0],
  [32, 768],
  [256, 0],
] as const;
const SLOTS = 1024;
/** Of all points but the first two, without which no plan can be made. */
const BUDGET_MS = 1500;

/**
 * Times one layer of the model's shape with made-up weights in the form that the back end would hold: nothing is fetched for it. Frames run in parts
 * of `maxRows`, as they will where longer ones come out wrong. Cached tokens are zeros, which take as long as others.
 */
export async function profileLayer(
  shape: ModelShape,
  {
    backend,
    type,
    kernels = false,
    maxRows = Infinity,
  }: {
    readonly backend: Backend;
    readonly type: GraphFloat;
    readonly kernels?: boolean;
    readonly maxRows?: number;
  },
): Promise<LayerTime[]> {
  const layer = { ...shape, L: 1 };
  async function* groups(): AsyncGenerator<LayerWeights[]> {
    yield await Promise.resolve([madeUpLayer(shape, kernels || backend === "webgpu")]);
  }
  const stage = await buildStage(layer, groups(), { backend, type, kernels, maxSlots: SLOTS, maxRows });
  try {
    const times: LayerTime[] = [];
    const startMs = performance.now();
    for (const [T, S] of POINTS) {
      if (times.length > 1 && performance.now() - startMs > BUDGET_MS) break;
      const x: Activations = { wire: "f32", rows: T, hidden: shape.D, data: new Float32Array(T * shape.D).fill(0.1) };
      const runs: number[] = [];
      // The first run of a size compiles shaders and packs weights.
      for (let i = 0; i <= REPEATS; i++) {
        stage.apply({ kind: "free", arena: 0 });
        if (S > 0) stage.skip(chain(S, 0));
        const { computeMs } = await stage.forward(x, chain(T, S));
        if (i > 0) runs.push(computeMs);
        if (i >= 2 && times.length > 1 && performance.now() - startMs > BUDGET_MS) break;
      }
      times.push({ T, S, ms: runs.sort((a, b) => a - b)[runs.length >> 1] ?? 0 });
    }
    return times;
  } finally {
    await stage.dispose();
  }
}

/** Rows one after the other, from slot `base` on. */
function chain(T: number, base: number): RowTable {
  return {
    arena: 0,
    base,
    positions: Int32Array.from({ length: T }, (_, i) => base + i),
    parents: Int32Array.from({ length: T }, (_, i) => (base + i === 0 ? ROOT : base + i - 1)),
    wanted: new Uint8Array(T),
  };
}

/** Sizes are the model's, values are small constants: time does not depend on them. */
function madeUpLayer({ D, F, H, K, E }: ModelShape, inBlocks: boolean): LayerWeights {
  const linear = (N: number, inputs: number): LinearWeights => ({
    N,
    K: inputs,
    bias: null,
    weights:
      !inBlocks || inputs % 32 !== 0
        ? { form: "dense", data: new Float32Array(N * inputs).fill(0.01) }
        : {
            form: "blocks",
            bits: 4,
            blockSize: 32,
            packed: new Uint8Array((N * inputs) / 2).fill(0x99),
            scales: new Float32Array((N * inputs) / 32).fill(0.01),
            zeroPoints: null,
            minimums: null,
          },
  });
  return {
    attentionNorm: new Float32Array(D).fill(1),
    query: linear(H * E, D),
    key: linear(K * E, D),
    value: linear(K * E, D),
    attentionOutput: linear(D, H * E),
    feedForwardNorm: new Float32Array(D).fill(1),
    gate: linear(F, D),
    up: linear(F, D),
    down: linear(D, F),
  };
}
