import type { HeadWeights, MedusaHead, ModelShape } from "@jupiter/model";
import type { RawGuess, RawScore, Scorer } from "../head-runner.ts";
import { bestOf } from "./best-of.ts";
import { KernelHeap } from "./kernel-heap.ts";
import { instantiateKernels, type Kernels } from "./kernel-module.ts";
import { matrixScratch, multiply, operand, operandFloats, placeMatrix, type Matrix } from "./matrix.ts";
import { MedusaBlocks } from "./medusa-blocks.ts";
import { Scratch } from "./scratch.ts";

/** Rows whose logits are held at once: 0.6 MB a row for the largest vocabularies */
const ROWS = 8;
/** Logit of what pads a vocabulary to fours. */
const NOTHING = -1e30;

/** Final norm and LM head in kernels of our own, weights in the file's blocks. */
export class KernelHead implements Scorer {
  readonly #heap: KernelHeap;
  readonly #kernels: Kernels;
  readonly #shape: ModelShape;
  readonly #best: number;
  readonly #norm: number;
  readonly #head: Matrix;
  readonly #scratch: Scratch;
  #medusa: MedusaBlocks | null = null;

  private constructor(
    heap: KernelHeap,
    kernels: Kernels,
    shape: ModelShape,
    { norm, head }: HeadWeights,
    best: number,
  ) {
    this.#heap = heap;
    this.#kernels = kernels;
    this.#shape = shape;
    this.#best = best;
    this.#norm = heap.allocFloats(norm).pointer;
    this.#head = placeMatrix(heap, head);
    this.#scratch = new Scratch(heap);
  }

  static async create(shape: ModelShape, weights: HeadWeights, best: number): Promise<KernelHead> {
    const heap = new KernelHeap();
    return new KernelHead(heap, await instantiateKernels(heap.memory), shape, weights, best);
  }

  async score(x: Float32Array, askIds: readonly (readonly number[])[]): Promise<RawScore[]> {
    const { D } = this.#shape;
    const scores: RawScore[] = [];
    for (let first = 0; first < askIds.length; first += ROWS) {
      const rows = askIds.slice(first, first + ROWS);
      scores.push(...this.#scoreRows(x.subarray(first * D, (first + rows.length) * D), rows));
    }
    return scores;
  }

  setMedusa(heads: readonly MedusaHead[]): void {
    this.#medusa = new MedusaBlocks(this.#heap, this.#kernels, heads, { D: this.#shape.D, rows: ROWS });
  }

  async guess(x: Float32Array, count: number): Promise<readonly (readonly RawGuess[])[]> {
    const { D } = this.#shape;
    const guesses: (readonly RawGuess[])[] = [];
    const rows = Math.floor(ROWS / Math.max(1, this.#medusa?.count ?? 1));
    for (let first = 0; first < x.length / D; first += rows)
      guesses.push(...this.#guessRows(x.subarray(first * D, (first + rows) * D), count));
    return guesses;
  }

  async dispose(): Promise<void> {
    // The memory goes with the last reference to this.
  }

  /** Every head's rows go through the LM head at once: it is read once for all. */
  #guessRows(hidden: Float32Array, count: number): (readonly RawGuess[])[] {
    const { D, V, rmsEpsilon } = this.#shape;
    const R = hidden.length / D;
    const medusa = this.#medusa;
    if (medusa === null) return Array.from({ length: R }, () => []);
    const kernels = this.#kernels;
    const T = R * medusa.count;
    const { width } = this.#head;
    const room = this.#scratch.take({
      x: R * D,
      normed: R * D,
      inner: R * D,
      z: T * D,
      packed: operandFloats(kernels, T, D),
      logits: T * width,
      sums: 6,
      work: matrixScratch(D),
    });
    this.#heap.floats(room.x, R * D).set(hidden);
    kernels.rmsNorm(room.x, this.#norm, room.normed, R, D, rmsEpsilon);
    for (let head = 0; head < medusa.count; head++) medusa.apply(head, room.normed, room.z + head * R * D * 4, R, room);
    const x = operand(kernels, room.z, T, D, room.packed);
    multiply(kernels, this.#head, { x, T, y: room.logits, scratch: room.work });
    const guessAt = (row: number): RawGuess => {
      const at = room.logits + row * width * 4;
      this.#heap.floats(at, width).fill(NOTHING, V);
      kernels.softmaxSums(at, width, room.sums);
      const [top = NaN, sum = NaN] = this.#heap.doubles(room.sums, 2);
      return { best: bestOf(this.#heap.floats(at, V), count), logSum: top + Math.log(sum) };
    };
    return Array.from({ length: R }, (_, r) =>
      Array.from({ length: medusa.count }, (__, head) => guessAt(head * R + r)),
    );
  }

  #scoreRows(hidden: Float32Array, askIds: readonly (readonly number[])[]): RawScore[] {
    const { D, V, rmsEpsilon } = this.#shape;
    const T = askIds.length;
    const kernels = this.#kernels;
    const room = this.#scratch.take({
      x: T * D,
      normed: T * D,
      packed: operandFloats(kernels, T, D),
      logits: T * this.#head.width,
      sums: 6,
      work: matrixScratch(D),
    });
    this.#heap.floats(room.x, T * D).set(hidden);
    kernels.rmsNorm(room.x, this.#norm, room.normed, T, D, rmsEpsilon);
    const x = operand(kernels, room.normed, T, D, room.packed);
    multiply(kernels, this.#head, { x, T, y: room.logits, scratch: room.work });
    const { width } = this.#head;
    return askIds.map((ids, r) => {
      const at = room.logits + r * width * 4;
      this.#heap.floats(at, width).fill(NOTHING, V);
      kernels.softmaxSums(at, width, room.sums);
      const [top = NaN, sum = NaN, weighted = NaN] = this.#heap.doubles(room.sums, 3);
      const logits = this.#heap.floats(at, V);
      const best = bestOf(logits, this.#best);
      return {
        greedy: best[0]?.id ?? NaN,
        best,
        asked: ids.map((id) => logits[id] ?? NaN),
        logSum: top + Math.log(sum),
        mean: weighted / sum,
      };
    });
  }
}
