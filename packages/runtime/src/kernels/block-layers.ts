/** For tests of the kernels: a small model with its matrices in blocks of every kind, and whether its rows depend on what they come with. */
import type { LayerWeights, LinearWeights } from "@jupiter/model";
import { chainRows } from "../chain-rows.ts";
import { madeUpBlocks, mapMatrices, type Container } from "../made-up-blocks.ts";
import { seeded } from "../seeded.ts";
import { StageRunner } from "../stage-runner.ts";
import { randomLayers, shape } from "../stage-walk.ts";
import { KernelExecutor } from "./kernel-executor.ts";

/** As block types have them; see `model/src/block-weights.ts`. */
export const CONTAINERS: readonly Container[] = [
  { bits: 4, blockSize: 32, minimums: true },
  { bits: 4, blockSize: 32, minimums: false },
  { bits: 4, blockSize: 16, minimums: true },
  { bits: 4, blockSize: 16, minimums: false },
  { bits: 8, blockSize: 32, minimums: true },
  { bits: 8, blockSize: 32, minimums: false },
  { bits: 8, blockSize: 16, minimums: false },
];

/** The container of each matrix is the next one, float32 in its turn. */
export function blockLayers(): LayerWeights[] {
  const random = seeded(17);
  let next = 0;
  const inBlocks = (linear: LinearWeights): LinearWeights => {
    const container = CONTAINERS[next++ % (CONTAINERS.length + 1)];
    if (container === undefined) return linear;
    return { ...linear, weights: madeUpBlocks(linear.N, linear.K, container, 1.5 / Math.sqrt(linear.K), random) };
  };
  return randomLayers(7).map((layer) => mapMatrices(layer, inBlocks));
}

/** Hidden states of a chain in frames of one row, and of the same chain in frames of 2, 3, … `most` rows. */
export async function rowsAloneAndTogether(most: number): Promise<{ alone: Float32Array; together: Float32Array }> {
  const sizes = Array.from({ length: most - 1 }, (_, i) => i + 2);
  const length = sizes.reduce((sum, T) => sum + T, 0);
  const random = seeded(23);
  const x = Float32Array.from({ length: length * shape.D }, () => random() * 2 - 1);
  return {
    alone: await inFrames(
      x,
      Array.from({ length }, () => 1),
    ),
    together: await inFrames(x, sizes),
  };
}

async function inFrames(x: Float32Array, sizes: readonly number[]): Promise<Float32Array> {
  const executor = await KernelExecutor.create(shape);
  for (const layer of blockLayers()) executor.addLayer(layer);
  const stage = new StageRunner(shape, executor, { maxArenas: 1, maxSlots: 512, maxRows: Infinity });
  const out = new Float32Array(x.length);
  let base = 0;
  for (const T of sizes) {
    const [from, to] = [base * shape.D, (base + T) * shape.D];
    const rows = chainRows(1, base, T);
    const { result } = await stage.forward({ wire: "f32", rows: T, hidden: shape.D, data: x.slice(from, to) }, rows);
    out.set(result.data, from);
    base += T;
  }
  await stage.dispose();
  return out;
}
