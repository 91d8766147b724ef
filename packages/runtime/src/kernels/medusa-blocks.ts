import type { MedusaHead } from "@jupiter/model";
import type { KernelHeap } from "./kernel-heap.ts";
import type { Kernels } from "./kernel-module.ts";
import { multiply, operand, placeMatrix, type Matrix } from "./matrix.ts";

/** Addresses of working memory: `packed` for `operand`, `inner` float32 `[R, D]`, `work` a matrix's scratch. */
export interface BlockRoom {
  readonly packed: number;
  readonly inner: number;
  readonly work: number;
}

/** Residual blocks of Medusa heads, before the LM head that they share. */
export class MedusaBlocks {
  readonly #kernels: Kernels;
  readonly #heap: KernelHeap;
  readonly #heads: readonly (readonly Matrix[])[];
  readonly #D: number;
  /** float32 `[rows, D]` of ones: of `swiGlu` its silu alone is wanted. */
  readonly #ones: number;

  /** `rows`: of one call at most. */
  constructor(
    heap: KernelHeap,
    kernels: Kernels,
    heads: readonly MedusaHead[],
    { D, rows }: { D: number; rows: number },
  ) {
    this.#heap = heap;
    this.#kernels = kernels;
    this.#D = D;
    this.#heads = heads.map((blocks) =>
      blocks.map(({ weight, bias }) =>
        placeMatrix(heap, { N: D, K: D, weights: { form: "dense", data: weight }, bias }),
      ),
    );
    this.#ones = heap.allocFloats(new Float32Array(rows * D).fill(1)).pointer;
  }

  get count(): number {
    return this.#heads.length;
  }

  /** Head `head` of hidden states at `x` `[R, D]`, to `y` `[R, D]`. */
  apply(head: number, x: number, y: number, R: number, { packed, inner, work }: BlockRoom): void {
    const [kernels, D] = [this.#kernels, this.#D];
    this.#heap.floats(y, R * D).set(this.#heap.floats(x, R * D));
    for (const matrix of this.#heads[head] ?? []) {
      multiply(kernels, matrix, { x: operand(kernels, y, R, D, packed), T: R, y: inner, scratch: work });
      kernels.swiGlu(inner, this.#ones, R * D);
      kernels.add(y, inner, R * D);
    }
  }
}
