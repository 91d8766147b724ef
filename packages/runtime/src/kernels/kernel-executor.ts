import type { LayerWeights, ModelShape } from "@jupiter/model";
import type { ArenaId, Slot } from "@jupiter/protocol";
import { RuntimeError } from "../errors.ts";
import type { Executor, Step } from "../executor.ts";
import { copySlots, growKeys, growValues } from "./cache-tiles.ts";
import { KernelHeap, type Block } from "./kernel-heap.ts";
import { instantiateKernels, type Kernels } from "./kernel-module.ts";
import { matrixScratch, multiply, operand, operandFloats, placeMatrix, type Matrix } from "./matrix.ts";
import { rotaryTables } from "./rotary.ts";
import { Scratch } from "./scratch.ts";

interface Layer {
  readonly attentionNorm: number;
  readonly query: Matrix;
  readonly key: Matrix;
  readonly value: Matrix;
  readonly attentionOutput: Matrix;
  readonly feedForwardNorm: number;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly down: Matrix;
  /** All that its weights take. */
  readonly blocks: readonly Block[];
}

interface Arena {
  /** A multiple of 8. */
  readonly capacity: number;
  /** Per layer, float32 `[K, capacity * E]` in tiles (see `kernels/attention.ts`). */
  readonly layers: readonly { readonly keys: Block; readonly values: Block }[];
}

/** Layers in kernels of our own on wasm: weights stay in the file's blocks, activations and the cache are float32. */
export class KernelExecutor implements Executor {
  readonly inPlace = true;
  readonly #heap: KernelHeap;
  readonly #kernels: Kernels;
  readonly #shape: ModelShape;
  #layers: Layer[] = [];
  readonly #arenas = new Map<ArenaId, Arena>();
  readonly #scratch: Scratch;

  private constructor(heap: KernelHeap, kernels: Kernels, shape: ModelShape) {
    this.#heap = heap;
    this.#kernels = kernels;
    this.#shape = shape;
    this.#scratch = new Scratch(heap);
  }

  /** Throws 'session' for a shape that does not fit the kernels. */
  static check({ D, F, E }: ModelShape): void {
    if (D % 8 === 0 && F % 8 === 0 && E % 8 === 0) return;
    throw new RuntimeError("session", `Our own kernels take rows and heads of eights, not ${D}, ${F} and ${E}.`);
  }

  /** Rejects where the shape does not fit, or the browser has no wasm SIMD. */
  static async create(shape: ModelShape): Promise<KernelExecutor> {
    KernelExecutor.check(shape);
    const heap = new KernelHeap();
    return new KernelExecutor(heap, await instantiateKernels(heap.memory), shape);
  }

  get layers(): number {
    return this.#layers.length;
  }

  /** While no arena is open; the weights are copied. `at`: before the layer that is there, default: after all. */
  addLayer(weights: LayerWeights, at = this.#layers.length): void {
    const { result, blocks } = this.#heap.blocksOf(() => this.#place(weights));
    this.#layers.splice(at, 0, { ...result, blocks });
  }

  /** Frees all layers but `first` to `end`, by their places here, and every arena. */
  keepOnly(first: number, end: number): void {
    for (const id of [...this.#arenas.keys()]) this.free(id);
    const layers = this.#layers;
    this.#layers = layers.slice(first, end);
    for (const layer of layers) {
      if (!this.#layers.includes(layer)) layer.blocks.forEach((block) => this.#heap.free(block));
    }
  }

  #place(weights: LayerWeights): Omit<Layer, "blocks"> {
    const heap = this.#heap;
    return {
      attentionNorm: heap.allocFloats(weights.attentionNorm).pointer,
      query: placeMatrix(heap, weights.query),
      key: placeMatrix(heap, weights.key),
      value: placeMatrix(heap, weights.value),
      attentionOutput: placeMatrix(heap, weights.attentionOutput),
      feedForwardNorm: heap.allocFloats(weights.feedForwardNorm).pointer,
      gate: placeMatrix(heap, weights.gate),
      up: placeMatrix(heap, weights.up),
      down: placeMatrix(heap, weights.down),
    };
  }

  get memoryBytes(): number {
    return this.#heap.usedBytes;
  }

  async run({ arena: id, T, total, x, positions, writeBias }: Step): Promise<Float32Array> {
    const { D, F, H, K, E, rmsEpsilon } = this.#shape;
    const { capacity, layers: caches } = this.#arena(id);
    const kernels = this.#kernels;
    const widest = Math.max(D, F, H * E);
    const room = this.#scratch.take({
      hidden: T * D,
      normed: T * D,
      q: T * H * E,
      k: T * K * E,
      v: T * K * E,
      gate: T * F,
      up: T * F,
      out: T * D,
      packed: operandFloats(kernels, T, widest),
      cos: (T * E) / 2,
      sin: (T * E) / 2,
      bias: T * total,
      // Never needed at once.
      work: Math.max(matrixScratch(widest), kernels.attentionScratch(total, E)),
    });
    this.#heap.floats(room.hidden, T * D).set(x);
    const { cos, sin } = rotaryTables(this.#shape, positions.subarray(0, T));
    this.#heap.floats(room.cos, cos.length).set(cos);
    this.#heap.floats(room.sin, sin.length).set(sin);
    writeBias(this.#heap.floats(room.bias, T * total));

    const ready = (from: number, length: number) => operand(kernels, from, T, length, room.packed);
    const apply = (matrix: Matrix, x: number, y: number) => multiply(kernels, matrix, { x, T, y, scratch: room.work });
    for (const [i, layer] of this.#layers.entries()) {
      const cache = caches[i];
      if (cache === undefined) throw new RuntimeError("bad-frame", `Arena ${id} was opened for fewer layers.`);
      const [keys, values] = [cache.keys.pointer, cache.values.pointer];
      kernels.rmsNorm(room.hidden, layer.attentionNorm, room.normed, T, D, rmsEpsilon);
      const attended = ready(room.normed, D);
      apply(layer.query, attended, room.q);
      apply(layer.key, attended, room.k);
      apply(layer.value, attended, room.v);
      kernels.rotate(room.q, room.cos, room.sin, T, H, E);
      kernels.rotate(room.k, room.cos, room.sin, T, K, E);
      kernels.appendCache(room.k, room.v, keys, values, T, total - T, K, E, capacity);
      kernels.attend(room.q, keys, values, room.bias, room.q, T, total, H, K, E, capacity, room.work);
      apply(layer.attentionOutput, ready(room.q, H * E), room.out);
      kernels.add(room.hidden, room.out, T * D);
      kernels.rmsNorm(room.hidden, layer.feedForwardNorm, room.normed, T, D, rmsEpsilon);
      const fed = ready(room.normed, D);
      apply(layer.gate, fed, room.gate);
      apply(layer.up, fed, room.up);
      kernels.swiGlu(room.gate, room.up, T * F);
      apply(layer.down, ready(room.gate, F), room.out);
      kernels.add(room.hidden, room.out, T * D);
    }
    return this.#heap.floats(room.hidden, T * D).slice();
  }

  reserve(id: ArenaId, slots: number): void {
    const old = this.#arenas.get(id);
    const capacity = Math.ceil(slots / 8) * 8;
    if (old !== undefined && old.capacity >= capacity) return;
    const { K, E } = this.#shape;
    const grow = (from: Block | undefined, copy: typeof growKeys) => {
      const block = this.#heap.alloc(K * capacity * E * 4);
      const view = this.#heap.floats(block.pointer, K * capacity * E).fill(0);
      if (old !== undefined && from !== undefined) {
        copy(this.#heap.floats(from.pointer, K * old.capacity * E), view, this.#shape);
        this.#heap.free(from); // one buffer at a time, so that growing never holds the whole cache twice
      }
      return block;
    };
    const layers = this.#layers.map((_, i) => {
      const from = old?.layers[i];
      return { keys: grow(from?.keys, growKeys), values: grow(from?.values, growValues) };
    });
    this.#arenas.set(id, { capacity, layers });
  }

  copyRows(from: ArenaId, slots: readonly Slot[], to: ArenaId, base: Slot): void {
    const { K, E } = this.#shape;
    const [source, target] = [this.#arena(from), this.#arena(to)];
    const view = ({ pointer }: Block, { capacity }: Arena) => this.#heap.floats(pointer, K * capacity * E);
    source.layers.forEach(({ keys, values }, i) => {
      const into = target.layers[i];
      if (into === undefined) return;
      copySlots(
        { keys: view(keys, source), values: view(values, source) },
        slots,
        { keys: view(into.keys, target), values: view(into.values, target) },
        base,
        this.#shape,
      );
    });
  }

  free(id: ArenaId): void {
    for (const { keys, values } of this.#arenas.get(id)?.layers ?? []) {
      this.#heap.free(keys);
      this.#heap.free(values);
    }
    this.#arenas.delete(id);
  }

  /** The memory goes with the last reference to this. */
  async dispose(): Promise<void> {
    this.#arenas.clear();
    this.#layers = [];
  }

  #arena(id: ArenaId): Arena {
    const arena = this.#arenas.get(id);
    if (arena === undefined) throw new RuntimeError("bad-frame", `Arena ${id} holds nothing here.`);
    return arena;
  }
}
