import type { ModelShape } from "@jupiter/model";
import type { ArenaId, Slot } from "@jupiter/protocol";
import { RuntimeError } from "./errors.ts";
import { graphNames, type Executor, type Step } from "./executor.ts";
import { sessionHandle, type ort, type OrtModule } from "./ort.ts";
import { WasmCall, WasmHeap, type HeapBlock } from "./wasm-heap.ts";

/** `[1, K, capacity, E]` float32 on the heap, and the native tensor over it (past and present at once). */
interface KvBuffer {
  readonly block: HeapBlock;
  readonly tensor: number;
}

interface Arena {
  readonly capacity: number;
  /** Per session, key and value of each of its layers, in graph order. */
  readonly buffers: readonly (readonly KvBuffer[])[];
}

export interface LoadedSession {
  readonly session: ort.InferenceSession;
  readonly layers: number;
  readonly weightBytes: number;
}

/** Sessions, some of which may go on in another executor. */
export interface SessionExecutor extends Executor {
  /** In the order of their layers. */
  readonly sessions: readonly LoadedSession[];
  /** Ends this as `dispose` does, but for those sessions. */
  endBut(kept: readonly LoadedSession[]): Promise<void>;
}

export function isInSessions(executor: Executor): executor is SessionExecutor {
  return "endBut" in executor;
}

/** Sessions over the wasm heap, KV in place: `past_*` and `present_*` are one buffer, and attention appends to it. */
export class WasmExecutor implements SessionExecutor {
  readonly inPlace = true;
  readonly #heap: WasmHeap;
  readonly #shape: ModelShape;
  readonly sessions: readonly LoadedSession[];
  readonly #calls: readonly WasmCall[];
  readonly #arenas = new Map<ArenaId, Arena>();
  /** Activations go back and forth between two buffers: one session's output is the next one's input. */
  readonly #hidden: [HeapBlock, HeapBlock];
  #positions: HeapBlock;
  #bias: HeapBlock;
  readonly #lastIndex: HeapBlock;
  readonly #total: HeapBlock;
  readonly #scalarTensors: readonly [number, number];

  constructor(module: OrtModule, shape: ModelShape, sessions: readonly LoadedSession[]) {
    this.#heap = new WasmHeap(module);
    this.#shape = shape;
    this.sessions = sessions;
    this.#calls = sessions.map(({ session, layers }) => {
      const handle = sessionHandle(session);
      if (handle === null)
        throw new RuntimeError("session", "This onnxruntime-web hides its session numbers; use 1.30.0.");
      const { inputs, outputs } = graphNames(layers);
      return new WasmCall(this.#heap, handle, inputs, outputs);
    });
    this.#hidden = [this.#heap.alloc(shape.D * 4), this.#heap.alloc(shape.D * 4)];
    this.#positions = this.#heap.alloc(8);
    this.#bias = this.#heap.alloc(4);
    this.#lastIndex = this.#heap.alloc(4);
    this.#total = this.#heap.alloc(4);
    this.#scalarTensors = [
      this.#heap.tensor("int32", this.#lastIndex, [1]),
      this.#heap.tensor("int32", this.#total, [1]),
    ];
  }

  get memoryBytes(): number {
    let sizeBytes = this.sessions.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    for (const arena of this.#arenas.values()) {
      for (const buffers of arena.buffers) for (const { block } of buffers) sizeBytes += block.sizeBytes;
    }
    return sizeBytes;
  }

  async run({ arena: id, T, total, x, positions, writeBias }: Step): Promise<Float32Array> {
    const arena = this.#arena(id);
    const heap = this.#heap;
    const { D } = this.#shape;
    this.#hidden[0] = this.#atLeast(this.#hidden[0], T * D * 4);
    this.#hidden[1] = this.#atLeast(this.#hidden[1], T * D * 4);
    this.#positions = this.#atLeast(this.#positions, T * 8);
    this.#bias = this.#atLeast(this.#bias, T * total * 4);
    heap.floats(this.#hidden[0]).set(x);
    const longs = heap.longs(this.#positions);
    for (let i = 0; i < T; i++) longs[i] = BigInt(positions[i] ?? 0);
    writeBias(heap.floats(this.#bias).subarray(0, T * total));
    heap.ints(this.#lastIndex)[0] = total - 1;
    heap.ints(this.#total)[0] = total;

    const dims = [1, T, D];
    const hidden = [heap.tensor("float", this.#hidden[0], dims), heap.tensor("float", this.#hidden[1], dims)] as const;
    const position = heap.tensor("int64", this.#positions, [1, T]);
    const bias = heap.tensor("float", this.#bias, [1, 1, T, total]);
    let source: 0 | 1 = 0;
    try {
      for (const [i, call] of this.#calls.entries()) {
        const target: 0 | 1 = source === 0 ? 1 : 0;
        const kv = (arena.buffers[i] ?? []).map(({ tensor }) => tensor);
        await call.run([hidden[source], position, bias, ...this.#scalarTensors, ...kv], [hidden[target], ...kv]);
        source = target;
      }
    } finally {
      for (const tensor of [...hidden, position, bias]) heap.releaseTensor(tensor);
    }
    return heap.floats(this.#hidden[source]).slice(0, T * D);
  }

  reserve(id: ArenaId, capacity: number): void {
    const old = this.#arenas.get(id);
    if (old !== undefined && old.capacity >= capacity) return;
    const { K, E } = this.#shape;
    const buffers = this.sessions.map(({ layers }, i) =>
      Array.from({ length: layers * 2 }, (_, j): KvBuffer => {
        const block = this.#heap.alloc(K * capacity * E * 4);
        const view = this.#heap.floats(block).fill(0);
        const from = old?.buffers[i]?.[j];
        if (old !== undefined && from !== undefined) {
          const oldView = this.#heap.floats(from.block);
          for (let k = 0; k < K; k++) {
            view.set(oldView.subarray(k * old.capacity * E, (k + 1) * old.capacity * E), k * capacity * E);
          }
          this.#release(from); // one buffer at a time, so that growing never holds the whole cache twice
        }
        return { block, tensor: this.#heap.tensor("float", block, [1, K, capacity, E]) };
      }),
    );
    this.#arenas.set(id, { capacity, buffers });
  }

  copyRows(from: ArenaId, slots: readonly Slot[], to: ArenaId, base: Slot): void {
    const { K, E } = this.#shape;
    const source = this.#arena(from);
    const target = this.#arena(to);
    const rows = new Float32Array(slots.length * E);
    source.buffers.forEach((buffers, i) => {
      buffers.forEach(({ block }, j) => {
        const into = target.buffers[i]?.[j];
        if (into === undefined) return;
        const fromView = this.#heap.floats(block);
        const toView = this.#heap.floats(into.block);
        for (let k = 0; k < K; k++) {
          slots.forEach((slot, r) => {
            const at = (k * source.capacity + slot) * E;
            rows.set(fromView.subarray(at, at + E), r * E);
          });
          toView.set(rows, (k * target.capacity + base) * E);
        }
      });
    });
  }

  free(id: ArenaId): void {
    for (const buffers of this.#arenas.get(id)?.buffers ?? []) for (const buffer of buffers) this.#release(buffer);
    this.#arenas.delete(id);
  }

  dispose(): Promise<void> {
    return this.endBut([]);
  }

  async endBut(kept: readonly LoadedSession[]): Promise<void> {
    for (const id of [...this.#arenas.keys()]) this.free(id);
    for (const tensor of this.#scalarTensors) this.#heap.releaseTensor(tensor);
    for (const block of [...this.#hidden, this.#positions, this.#bias, this.#lastIndex, this.#total])
      this.#heap.free(block);
    for (const call of this.#calls) call.dispose();
    for (const loaded of this.sessions) if (!kept.includes(loaded)) await loaded.session.release();
  }

  #arena(id: ArenaId): Arena {
    const arena = this.#arenas.get(id);
    if (arena === undefined) throw new RuntimeError("bad-frame", `Arena ${id} holds nothing here.`);
    return arena;
  }

  #release({ block, tensor }: KvBuffer): void {
    this.#heap.releaseTensor(tensor);
    this.#heap.free(block);
  }

  #atLeast(block: HeapBlock, sizeBytes: number): HeapBlock {
    if (block.sizeBytes >= sizeBytes) return block;
    this.#heap.free(block);
    return this.#heap.alloc(Math.max(sizeBytes, block.sizeBytes * 2));
  }
}
