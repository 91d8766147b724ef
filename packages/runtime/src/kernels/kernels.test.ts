/** The kernels run in Node as in a browser: both are V8. What the page does with them is tested in real tabs. */
import type { LinearWeights } from "@jupiter/model";
import { ROOT } from "@jupiter/protocol";
import { describe, expect, it } from "vitest";
import { madeUpBlocks, mapMatrices, unpacked } from "../made-up-blocks.ts";
import { StageRunner } from "../stage-runner.ts";
import { seeded } from "../seeded.ts";
import { chain, shape, Walk } from "../stage-walk.ts";
import { bestOf } from "./best-of.ts";
import { blockLayers, CONTAINERS, rowsAloneAndTogether } from "./block-layers.ts";
import { KernelExecutor } from "./kernel-executor.ts";
import { KernelHead } from "./kernel-head.ts";
import { KernelHeap } from "./kernel-heap.ts";
import { instantiateKernels } from "./kernel-module.ts";
import { matrixBytes } from "./matrix-bytes.ts";
import { matrixScratch, multiply, operand, operandFloats, placeMatrix } from "./matrix.ts";

/** Of what a sum's terms add up to without their signs: what is left is float32's rounding. */
const ROUNDING = 1e-6;

function denseData({ weights }: LinearWeights): Float32Array {
  if (weights.form !== "dense") throw new Error("unpack it first");
  return weights.data;
}

describe("products with matrices, against float64", () => {
  const random = seeded(3);
  // Neither whole groups of rows, nor an even number of blocks.
  const [N, K] = [44, 96];
  const bias = Float32Array.from({ length: N }, () => random() - 0.5);
  const matrices: [string, LinearWeights][] = CONTAINERS.map((container) => [
    `${container.bits} bits, blocks of ${container.blockSize}${container.minimums ? ", minimums" : ""}`,
    { N, K, weights: madeUpBlocks(N, K, container, 1, random), bias },
  ]);
  const dense = Float32Array.from({ length: N * K }, () => random() - 0.5);
  matrices.push(["float32", { N, K, weights: { form: "dense", data: dense }, bias: null }]);

  it.each(matrices)("%s, few rows and many", async (_, linear) => {
    const heap = new KernelHeap();
    const kernels = await instantiateKernels(heap.memory);
    const matrix = placeMatrix(heap, linear);
    const { weights } = linear;
    const form = weights.form === "dense" ? null : { ...weights, minimums: weights.minimums !== null };
    // Each piece takes whole cache lines; the bias is one.
    expect(Math.abs(heap.usedBytes - matrixBytes(form, N, K) - (linear.bias === null ? 0 : 4 * N))).toBeLessThan(64);
    const w = denseData(unpacked(linear));
    const rows = kernels.fewRows + 5;
    const [packed, y, scratch] = [operandFloats(kernels, rows, K), rows * N, matrixScratch(K)].map(
      (floats) => heap.alloc(floats * 4).pointer,
    );
    for (let T = 1; T <= rows; T++) {
      const x = Float32Array.from({ length: T * K }, () => random() * 4 - 2);
      const at = heap.allocFloats(x).pointer;
      multiply(kernels, matrix, { x: operand(kernels, at, T, K, packed!), T, y: y!, scratch: scratch! });
      const out = heap.floats(y!, T * N);
      let worst = 0;
      for (let t = 0; t < T; t++) {
        for (let n = 0; n < N; n++) {
          let [sum, size] = [linear.bias?.[n] ?? 0, 1];
          for (let k = 0; k < K; k++) {
            const term = (x[t * K + k] ?? NaN) * (w[n * K + k] ?? NaN);
            sum += term;
            size += Math.abs(term);
          }
          worst = Math.max(worst, Math.abs((out[t * N + n] ?? NaN) - sum) / size);
        }
      }
      expect(worst).toBeLessThan(ROUNDING);
    }
  });
});

async function walkThrough(): Promise<{ walk: Walk; runner: StageRunner }> {
  const layers = blockLayers();
  const executor = await KernelExecutor.create(shape);
  for (const layer of layers) executor.addLayer(layer);
  const runner = new StageRunner(shape, executor, { maxSlots: 512, maxArenas: 2, maxRows: Infinity });
  const dense = layers.map((layer) => mapMatrices(layer, unpacked));
  return { walk: new Walk(runner, dense, 11), runner };
}

const TOLERANCE = 2e-5; // values are of order 1 to 10, sums in float32

describe("a stage in kernels gives the hidden states of fresh forwards", () => {
  it("one to eight rows at every few slots, across growth", async () => {
    const { walk } = await walkThrough();
    let live = ROOT;
    for (let frame = 0; walk.length < 300; frame++) {
      const base = walk.length;
      const T = (frame % 8) + 1;
      const parents = chain(base, T).map((parent, i) => (i === 0 ? live : parent));
      expect(await walk.frame(base, parents)).toBeLessThan(TOLERANCE);
      live = walk.length - 1;
      // Long chains are slow to compute afresh: dead rows fill the list.
      if (live > 40 && live < 240) walk.skip(walk.length, chain(walk.length, 21));
    }
  });

  it("trees, roots, rollback, dead frames and keep", async () => {
    const { walk, runner } = await walkThrough();
    expect(await walk.frame(0, chain(0, 33))).toBeLessThan(TOLERANCE);
    expect(await walk.frame(33, [32, 32, 33, 34, 35, ROOT, 38])).toBeLessThan(TOLERANCE);
    expect(await walk.frame(36, [34, ROOT, 37, 36])).toBeLessThan(TOLERANCE);
    walk.skip(40, [39, 40, 41]);
    expect(await walk.frame(43, [39])).toBeLessThan(TOLERANCE);
    walk.keep(33, [34, 36, 39, 43]);
    expect(walk.length).toBe(37);
    expect(await walk.frame(37, chain(37, 1))).toBeLessThan(TOLERANCE);
    expect(await walk.frame(38, chain(38, 70))).toBeLessThan(TOLERANCE);
    await runner.dispose();
    await expect(walk.frame(108, chain(108, 1))).rejects.toMatchObject({ reason: "disposed" });
  });

  it("bit for bit the same whether a row comes alone or with others", async () => {
    const { alone, together } = await rowsAloneAndTogether(6);
    expect(together).toEqual(alone);
  });

  it("refuses a shape that the kernels do not fit", async () => {
    await expect(KernelExecutor.create({ ...shape, F: 98 })).rejects.toMatchObject({ reason: "session" });
  });
});

it("a head's scores are those of its logits, for a vocabulary that is no multiple of four", async () => {
  const random = seeded(5);
  const { D } = shape;
  const V = 1001;
  const head: LinearWeights = { N: V, K: D, weights: madeUpBlocks(V, D, CONTAINERS[5]!, 2, random), bias: null };
  const norm = Float32Array.from({ length: D }, () => 0.5 + random());
  const scorer = await KernelHead.create({ ...shape, V }, { norm, head }, 5);
  const w = denseData(unpacked(head));
  const R = 11; // more than are held at once
  const x = Float32Array.from({ length: R * D }, () => random() * 2 - 1);
  const scores = await scorer.score(
    x,
    Array.from({ length: R }, (_, r) => [r, V - 1]),
  );
  expect(scores).toHaveLength(R);
  scores.forEach(({ greedy, best, asked, logSum, mean }, r) => {
    const row = x.subarray(r * D, (r + 1) * D);
    const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / D + shape.rmsEpsilon);
    const logits = Array.from({ length: V }, (_, n) =>
      row.reduce((sum, v, d) => sum + v * scale * (norm[d] ?? NaN) * (w[n * D + d] ?? NaN), 0),
    );
    const order = logits.map((_, id) => id).sort((a, b) => (logits[b] ?? NaN) - (logits[a] ?? NaN));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    expect(greedy).toBe(order[0]);
    expect(best.map(({ id }) => id)).toEqual(order.slice(0, 5));
    expect(asked[0]).toBeCloseTo(logits[r] ?? NaN, 4);
    expect(asked[1]).toBeCloseTo(logits[V - 1] ?? NaN, 4);
    expect(logSum).toBeCloseTo(Math.log(sum), 4);
    expect(mean).toBeCloseTo(logits.reduce((total, logit) => total + logit * Math.exp(logit), 0) / sum, 4);
  });
});

it("Medusa heads: residual blocks before the LM head, against float64", async () => {
  const random = seeded(13);
  const { D } = shape;
  const V = 501;
  const head: LinearWeights = { N: V, K: D, weights: madeUpBlocks(V, D, CONTAINERS[5]!, 2, random), bias: null };
  const norm = Float32Array.from({ length: D }, () => 0.5 + random());
  const block = () => ({
    weight: Float32Array.from({ length: D * D }, () => (random() - 0.5) / Math.sqrt(D)),
    bias: Float32Array.from({ length: D }, () => random() - 0.5),
  });
  const heads = [[block()], [block(), block()], [block()]];
  const scorer = await KernelHead.create({ ...shape, V }, { norm, head }, 5);
  scorer.setMedusa(heads);
  const w = denseData(unpacked(head));
  const R = 5; // more than are held at once
  const x = Float32Array.from({ length: R * D }, () => random() * 2 - 1);
  const guesses = await scorer.guess(x, 3);
  expect(guesses.map((row) => row.length)).toEqual(Array(R).fill(heads.length));
  guesses.forEach((row, r) => {
    const state = x.subarray(r * D, (r + 1) * D);
    const scale = 1 / Math.sqrt(state.reduce((sum, v) => sum + v * v, 0) / D + shape.rmsEpsilon);
    row.forEach(({ best, logSum }, k) => {
      let z = Array.from(state, (v, d) => v * scale * (norm[d] ?? NaN));
      for (const { weight, bias } of heads[k] ?? []) {
        const inner = z.map((_, n) => z.reduce((sum, v, d) => sum + v * (weight[n * D + d] ?? NaN), bias[n] ?? NaN));
        z = z.map((v, d) => v + (inner[d] ?? NaN) / (1 + Math.exp(-(inner[d] ?? NaN))));
      }
      const logits = Array.from({ length: V }, (_, n) => z.reduce((sum, v, d) => sum + v * (w[n * D + d] ?? NaN), 0));
      const order = logits.map((_, id) => id).sort((a, b) => (logits[b] ?? NaN) - (logits[a] ?? NaN));
      expect(best.map(({ id }) => id)).toEqual(order.slice(0, 3));
      expect(logSum).toBeCloseTo(Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)), 4);
    });
  });
});

it("of equal logits the lower id comes first", () => {
  const logits = Float32Array.of(1, 5, 2, 5, -1, 5, 4);
  expect(bestOf(logits, 4).map(({ id }) => id)).toEqual([1, 3, 5, 6]);
  expect(bestOf(logits, 20)).toHaveLength(7);
});

it("freed memory is joined and given out again before the heap grows", () => {
  const heap = new KernelHeap();
  const [a, b, c] = [1000, 2000, 3000].map((sizeBytes) => heap.alloc(sizeBytes));
  heap.free(a!);
  heap.free(c!);
  heap.free(b!);
  expect(heap.usedBytes).toBe(0);
  expect(heap.alloc(5900).pointer).toBe(a!.pointer);
  expect(heap.usedBytes).toBe(5952);
  expect(() => heap.alloc(5e9)).toThrow(expect.objectContaining({ reason: "out-of-memory" }));
  expect(heap.usedBytes).toBe(5952);
});
