import type { Block, KernelHeap } from "./kernel-heap.ts";

/** Working memory of a run, kept for the next and made anew only when one needs more. */
export class Scratch {
  readonly #heap: KernelHeap;
  #block: Block | null = null;

  constructor(heap: KernelHeap) {
    this.#heap = heap;
  }

  /** Addresses of pieces of so many floats each; valid until the next call. */
  take<Name extends string>(floats: Readonly<Record<Name, number>>): Readonly<Record<Name, number>> {
    const offsets = {} as Record<Name, number>;
    let sizeBytes = 0;
    for (const name in floats) {
      offsets[name] = sizeBytes;
      sizeBytes += Math.ceil(floats[name] / 16) * 64;
    }
    if (this.#block === null || this.#block.sizeBytes < sizeBytes) {
      if (this.#block !== null) this.#heap.free(this.#block);
      this.#block = null;
      this.#block = this.#heap.alloc(sizeBytes);
    }
    for (const name in offsets) offsets[name] += this.#block.pointer;
    return offsets;
  }
}
