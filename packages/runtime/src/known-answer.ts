/**
 * A device proves its kernels before it serves: one small layer in the device's own graph form (back end, element type, head size, heads per kv head)
 * is run over the kinds of frame that pipelines send, and held against the float64 reference. Some adapters compute wrong numbers without an error.
 */
import type { GraphFloat, LayerWeights, LinearWeights, ModelShape } from "@jupiter/model";
import { ROOT, type RowTable } from "@jupiter/protocol";
import { buildStage } from "./build-stage.ts";
import { KernelExecutor } from "./kernels/kernel-executor.ts";
import { unpacks } from "./ladder.ts";
import { madeUpBlocks, mapMatrices, unpacked, type Container } from "./made-up-blocks.ts";
import { makeLayer } from "./made-up-weights.ts";
import type { Backend } from "./ort.ts";
import { referenceForward, type ReferenceRow } from "./reference.ts";
import { randomValues, seeded } from "./seeded.ts";

export interface KnownAnswer {
  readonly passed: boolean;
  /** Per kind of frame, the largest error relative to the largest value. */
  readonly errors: Readonly<Record<string, number>>;
}

/** float32 sums differ in the seventh digit, half precision in the fourth; wrong kernels differ in the first. */
const TOLERANCE: Readonly<Record<GraphFloat, number>> = { float: 1e-4, float16: 2e-2 };

/** Parents of each frame's rows as slots of the list; frames follow one another. */
const FRAMES: readonly { readonly name: string; readonly parents: (base: number) => number[] }[] = [
  { name: "chain of 33", parents: (base) => chain(base, 33, ROOT) },
  { name: "one token", parents: (base) => chain(base, 1, base - 1) },
  { name: "tree with equal positions", parents: (base) => [base - 1, base - 1, base, base + 1, base + 1] },
  { name: "two roots", parents: (base) => [ROOT, base, ROOT, base + 2] },
  { name: "chain of 64", parents: (base) => chain(base, 64, base - 1) },
];

/** Runs the frames of at most `maxRows` rows (a device that is wrong on long frames may be right on short ones). */
export async function knownAnswerTest(
  model: ModelShape,
  {
    backend,
    type,
    kernels = false,
    maxRows = 64,
  }: {
    readonly backend: Backend;
    readonly type: GraphFloat;
    readonly kernels?: boolean;
    readonly maxRows?: number;
  },
): Promise<KnownAnswer> {
  if (kernels) KernelExecutor.check(model);
  const shape = smallShape(model);
  const random = seeded(20250713);
  // As the layers to come are: onnxruntime's wasm takes them unpacked, the GPU and our own kernels in blocks.
  const layer = randomLayer(shape, random, !unpacks({ backend, kernels }));
  const dense = mapMatrices(layer, unpacked);
  async function* groups(): AsyncGenerator<LayerWeights[]> {
    yield await Promise.resolve([layer]);
  }
  const stage = await buildStage(shape, groups(), { backend, type, kernels, maxSlots: 256 });
  try {
    const parents: number[] = [];
    const inputs: number[] = [];
    const errors: Record<string, number> = {};
    for (const frame of FRAMES) {
      for (const part of inParts(frame.parents(parents.length), maxRows)) {
        const base = parents.length;
        parents.push(...part);
        const x = Float32Array.from({ length: part.length * shape.D }, () => random() * 2 - 1);
        for (const value of x) inputs.push(value); // as arguments, a long frame of a wide model overflows a worker's stack
        const rows = rowsOf(parents);
        const table: RowTable = {
          arena: 0,
          base,
          positions: Int32Array.from(rows.slice(base), ({ position }) => position),
          parents: Int32Array.from(part),
          wanted: new Uint8Array(part.length),
        };
        const { result: out } = await stage.forward(
          { wire: "f32", rows: part.length, hidden: shape.D, data: x },
          table,
        );
        const expected = referenceForward(shape, [dense], Float32Array.from(inputs), rows).subarray(base * shape.D);
        errors[frame.name] = Math.max(errors[frame.name] ?? 0, relativeError(out.data, expected));
      }
    }
    return { passed: Object.values(errors).every((error) => error < TOLERANCE[type]), errors };
  } finally {
    await stage.dispose();
  }
}

/** The attention geometry of the model with at most two kv heads, and a thin feed-forward: the kernels are the same, the reference is quick. */
function smallShape(model: ModelShape): ModelShape {
  const K = Math.min(2, model.K);
  const H = (model.H / model.K) * K;
  return { ...model, L: 1, K, H, D: H * model.E, F: 64, V: 32 };
}

/** Every container that our own kernels unpack, and float32. */
const CONTAINERS: readonly (Container | null)[] = [
  { bits: 4, blockSize: 32, minimums: true },
  { bits: 8, blockSize: 16, minimums: false },
  { bits: 8, blockSize: 32, minimums: true },
  { bits: 4, blockSize: 16, minimums: false },
  null,
];

function randomLayer(shape: ModelShape, random: () => number, inBlocks: boolean): LayerWeights {
  let next = 0;
  const linear = (N: number, inputs: number): LinearWeights => {
    const spread = 1.5 / Math.sqrt(inputs);
    const container = inBlocks && inputs % 32 === 0 ? (CONTAINERS[next++ % CONTAINERS.length] ?? null) : null;
    return {
      N,
      K: inputs,
      weights:
        container === null
          ? { form: "dense", data: randomValues(N * inputs, spread, random) }
          : madeUpBlocks(N, inputs, container, spread, random),
      bias: null,
    };
  };
  return makeLayer(shape, linear, (D) => randomValues(D, 0.25, random).map((v) => 1 + v));
}

/** Position is the depth in the tree. */
function rowsOf(parents: readonly number[]): ReferenceRow[] {
  const rows: ReferenceRow[] = [];
  parents.forEach((parent) => {
    const above = rows[parent];
    rows.push(
      above === undefined
        ? { position: 0, ancestors: [] }
        : { position: above.position + 1, ancestors: [...above.ancestors, parent] },
    );
  });
  return rows;
}

function relativeError(actual: ArrayLike<number>, expected: Float64Array): number {
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  // NaN compares false with everything: counted as infinitely wrong.
  return expected.reduce((worst, value, i) => {
    const error = Math.abs((actual[i] ?? NaN) - value) / largest;
    return error <= worst ? worst : Number.isNaN(error) ? Infinity : error;
  }, 0);
}

function chain(base: number, T: number, parent: number): number[] {
  return Array.from({ length: T }, (_, i) => (i === 0 ? parent : base + i - 1));
}

function inParts(parents: readonly number[], maxRows: number): number[][] {
  const parts: number[][] = [];
  for (let i = 0; i < parents.length; i += maxRows) parts.push(parents.slice(i, i + maxRows));
  return parts;
}
