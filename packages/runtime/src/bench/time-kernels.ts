/** Tables of `npm run kernels`. Weights are made up: time does not depend on them. Shapes are SmolLM2's. */
import type { LinearWeights } from "@jupiter/model";
import { chainRows } from "../chain-rows.ts";
import { KernelExecutor } from "../kernels/kernel-executor.ts";
import { KernelHead } from "../kernels/kernel-head.ts";
import { KernelHeap } from "../kernels/kernel-heap.ts";
import { hasRelaxedSimd, instantiateKernels } from "../kernels/kernel-module.ts";
import { matrixScratch, multiply, operand, operandFloats, placeMatrix } from "../kernels/matrix.ts";
import { madeUpBlocks, type Container } from "../made-up-blocks.ts";
import { makeLayer } from "../made-up-weights.ts";
import { SMOLLM2_SHAPE } from "../smollm2-shape.ts";
import { StageRunner } from "../stage-runner.ts";
import { taken, type Job } from "./taken.ts";

const SHAPE = SMOLLM2_SHAPE;
const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 32, 64];
const CACHED = [256, 1024, 2048];
/** Together larger than caches are, as a model's are. */
const MATRICES = 96;

const CONTAINERS: readonly Container[] = [
  { bits: 4, blockSize: 32, minimums: true },
  { bits: 4, blockSize: 16, minimums: false },
  { bits: 8, blockSize: 32, minimums: true },
  { bits: 8, blockSize: 32, minimums: false },
  { bits: 8, blockSize: 16, minimums: false },
];

/** Of `products`, `layers` and `head` those that `what` names; each line to `say`. */
export async function timeKernels(
  what: readonly string[],
  repeats: number,
  say: (line: string) => void,
): Promise<void> {
  say(`Milliseconds, and in brackets times one row. Relaxed SIMD: ${hasRelaxedSimd() ? "yes" : "no"}.`);
  if (what.includes("products")) {
    say(`\nOne matrix of ${SHAPE.F} x ${SHAPE.D}`);
    for (const container of CONTAINERS) {
      const name = `${container.bits} bits, blocks of ${container.blockSize}${container.minimums ? ", minimums" : ""}`;
      say(line(name, await products(container, repeats)));
    }
    say(line("float32", await products(null, repeats)));
  }
  if (what.includes("layers")) {
    say(`\n${SHAPE.L} layers of 4 bits, by tokens cached`);
    for (const [S, times] of await layers(repeats)) say(line(`${S}`, times));
  }
  if (what.includes("head")) {
    say("\nFinal norm, head of 8 bits and the best of its logits");
    say(line(`${SHAPE.V} x ${SHAPE.D}`, await head(repeats)));
  }
}

function line(name: string, times: ReadonlyMap<number, number>): string {
  const one = times.get(1) ?? NaN;
  const cells = [...times].map(([T, ms]) => `${T}: ${ms.toFixed(ms < 10 ? 2 : 1)} (${(ms / one).toFixed(2)})`);
  return `${name.padEnd(30)} ${cells.join("  ")}`;
}

async function products(container: Container | null, repeats: number): Promise<Map<number, number>> {
  const [N, K] = [SHAPE.F, SHAPE.D];
  const heap = new KernelHeap();
  const kernels = await instantiateKernels(heap.memory);
  const linear = made(N, K, container);
  const matrices = Array.from({ length: MATRICES }, () => placeMatrix(heap, linear));
  const [most, rest] = [Math.max(...SIZES), { scratch: heap.alloc(4 * matrixScratch(K)).pointer }];
  const x = heap.allocFloats(new Float32Array(most * K).fill(0.5)).pointer;
  const packed = heap.alloc(4 * operandFloats(kernels, most, K)).pointer;
  const y = heap.alloc(4 * most * N).pointer;
  let next = 0;
  const jobs = SIZES.map((T): Job => [
    T,
    () => {
      for (let i = 0; i < 4; i++) {
        const matrix = matrices[next++ % MATRICES];
        if (matrix !== undefined) multiply(kernels, matrix, { x: operand(kernels, x, T, K, packed), T, y, ...rest });
      }
    },
  ]);
  return taken(jobs, 4 * repeats, 4);
}

async function layers(repeats: number): Promise<Map<number, Map<number, number>>> {
  const { L, D } = SHAPE;
  const container = CONTAINERS[0] ?? null;
  const layer = makeLayer(SHAPE, (N, inputs) => made(N, inputs, container));
  const executor = await KernelExecutor.create(SHAPE);
  for (let l = 0; l < L; l++) executor.addLayer(layer);
  const most = Math.max(...CACHED) + Math.max(...SIZES);
  const stage = new StageRunner(SHAPE, executor, { maxArenas: 1, maxSlots: most, maxRows: Infinity });
  const frame = (T: number, base: number) => {
    const data = Float32Array.from({ length: T * D }, (_, i) => Math.sin(i));
    return stage.forward({ wire: "f32", rows: T, hidden: D, data }, chainRows(0, base, T));
  };
  for (let base = 0; base < most; base += 64) await frame(Math.min(64, most - base), base);
  const tables = new Map<number, Map<number, number>>();
  // Backwards: a lower base rolls back.
  for (const S of CACHED.toReversed()) {
    tables.set(
      S,
      await taken(
        SIZES.map((T): Job => [T, () => frame(T, S)]),
        repeats,
        1,
      ),
    );
  }
  return tables;
}

async function head(repeats: number): Promise<Map<number, number>> {
  const { D, V } = SHAPE;
  const weights = made(V, D, { bits: 8, blockSize: 32, minimums: false });
  const scorer = await KernelHead.create(SHAPE, { norm: new Float32Array(D).fill(1), head: weights }, 5);
  const jobs = SIZES.filter((T) => T <= 8).map((T): Job => {
    const x = Float32Array.from({ length: T * D }, (_, i) => Math.sin(i));
    return [
      T,
      () =>
        scorer.score(
          x,
          Array.from({ length: T }, () => []),
        ),
    ];
  });
  return taken(jobs, repeats, 1);
}

function made(N: number, K: number, container: Container | null): LinearWeights {
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const weights =
    container === null
      ? { form: "dense" as const, data: Float32Array.from({ length: N * K }, () => random() - 0.5) }
      : madeUpBlocks(N, K, container, 0.1, random);
  return { N, K, bias: null, weights };
}
