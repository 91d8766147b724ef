import type { GraphFloat, ModelShape } from "@jupiter/model";
import type { ArenaId, Slot } from "@jupiter/protocol";
import { RuntimeError } from "./errors.ts";
import { graphNames, type Step } from "./executor.ts";
import { ort } from "./ort.ts";
import type { LoadedSession, SessionExecutor } from "./wasm-executor.ts";

interface KvBuffer {
  readonly tensor: ort.Tensor;
  readonly gpu: GPUBuffer | null;
}

interface Arena {
  readonly capacity: number;
  buffers: KvBuffer[][];
}

/**
 * Sessions through onnxruntime's public API. On WebGPU (`device` given) the KV cache is one GPU buffer bound as past and present, so attention
 * appends in place; on wasm (no device) it is copied on every run: slow, and used only where `WasmExecutor` cannot be.
 */
export class ApiExecutor implements SessionExecutor {
  readonly inPlace: boolean;
  readonly #shape: ModelShape;
  readonly sessions: readonly LoadedSession[];
  readonly #type: GraphFloat;
  readonly #device: GPUDevice | null;
  readonly #arenas = new Map<ArenaId, Arena>();

  constructor(shape: ModelShape, sessions: readonly LoadedSession[], type: GraphFloat, device: GPUDevice | null) {
    this.#shape = shape;
    this.sessions = sessions;
    this.#type = type;
    this.#device = device;
    this.inPlace = device !== null;
  }

  get memoryBytes(): number {
    const { K, E } = this.#shape;
    let sizeBytes = this.sessions.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
    for (const { capacity, buffers } of this.#arenas.values()) {
      sizeBytes += buffers.flat().length * K * capacity * E * this.#elementBytes;
    }
    return sizeBytes;
  }

  async run({ arena: id, T, total, x, positions, writeBias }: Step): Promise<Float32Array> {
    const arena = this.#arena(id);
    const { D } = this.#shape;
    const longs = BigInt64Array.from(positions.subarray(0, T), BigInt);
    const biasValues = new Float32Array(T * total);
    writeBias(biasValues);
    const shared: Record<string, ort.Tensor> = {
      position_ids: new ort.Tensor("int64", longs, [1, T]),
      attention_bias: this.#floatTensor(biasValues, [1, 1, T, total]),
      last_index: new ort.Tensor("int32", Int32Array.of(total - 1), [1]),
      total: new ort.Tensor("int32", Int32Array.of(total), [1]),
    };
    let hidden: ort.Tensor = new ort.Tensor("float32", x, [1, T, D]);
    for (const [i, { session, layers }] of this.sessions.entries()) {
      const { inputs, outputs } = graphNames(layers);
      const feeds: Record<string, ort.Tensor> = { ...shared, x: hidden };
      const fetches: Record<string, ort.Tensor | null> = { y: null };
      const kv = arena.buffers[i] ?? [];
      kv.forEach(({ tensor, gpu }, j) => {
        feeds[inputs[5 + j] ?? ""] = tensor;
        fetches[outputs[1 + j] ?? ""] = gpu === null ? null : tensor;
      });
      const results = await session.run(feeds, fetches);
      if (this.#device === null) {
        arena.buffers[i] = kv.map((_, j) => ({ tensor: required(results[outputs[1 + j] ?? ""]), gpu: null }));
      }
      if (hidden.location === "gpu-buffer") hidden.dispose();
      hidden = required(results["y"]);
    }
    const data = await hidden.getData(true);
    if (!(data instanceof Float32Array)) throw new RuntimeError("session", "The stage graph returned no float32.");
    return data.slice(0, T * D);
  }

  reserve(id: ArenaId, capacity: number): void {
    const old = this.#arenas.get(id);
    if (old !== undefined && old.capacity >= capacity) return;
    const buffers = this.sessions.map(({ layers }, i) =>
      Array.from({ length: layers * 2 }, (_, j) => this.#grow(old, old?.buffers[i]?.[j], capacity)),
    );
    this.#arenas.set(id, { capacity, buffers });
  }

  copyRows(from: ArenaId, slots: readonly Slot[], to: ArenaId, base: Slot): void {
    const { K, E } = this.#shape;
    const source = this.#arena(from);
    const target = this.#arena(to);
    const rowBytes = E * this.#elementBytes;
    const encoder = this.#device?.createCommandEncoder();
    const scratch = this.#device?.createBuffer({ size: Math.max(4, slots.length * rowBytes), usage: GPU_USAGE });
    source.buffers.forEach((buffers, i) => {
      buffers.forEach((buffer, j) => {
        const into = target.buffers[i]?.[j];
        if (into === undefined) return;
        for (let k = 0; k < K; k++) {
          const targetRow = k * target.capacity + base;
          const sourceRow = (slot: Slot) => k * source.capacity + slot;
          if (encoder !== undefined && scratch !== undefined && buffer.gpu !== null && into.gpu !== null) {
            // A copy within one buffer is not allowed, and rows may overlap: through a scratch buffer.
            for (const [r, slot] of slots.entries()) {
              encoder.copyBufferToBuffer(buffer.gpu, sourceRow(slot) * rowBytes, scratch, r * rowBytes, rowBytes);
            }
            encoder.copyBufferToBuffer(scratch, 0, into.gpu, targetRow * rowBytes, slots.length * rowBytes);
          } else {
            const fromData = floatData(buffer.tensor);
            const rows = slots.map((slot) => fromData.slice(sourceRow(slot) * E, (sourceRow(slot) + 1) * E));
            rows.forEach((row, r) => floatData(into.tensor).set(row, (targetRow + r) * E));
          }
        }
      });
    });
    if (encoder !== undefined) this.#device?.queue.submit([encoder.finish()]);
    scratch?.destroy();
  }

  free(id: ArenaId): void {
    for (const { gpu } of this.#arenas.get(id)?.buffers.flat() ?? []) gpu?.destroy();
    this.#arenas.delete(id);
  }

  dispose(): Promise<void> {
    return this.endBut([]);
  }

  async endBut(kept: readonly LoadedSession[]): Promise<void> {
    for (const id of [...this.#arenas.keys()]) this.free(id);
    for (const loaded of this.sessions) if (!kept.includes(loaded)) await loaded.session.release();
  }

  get #elementBytes(): number {
    return this.#type === "float" ? 4 : 2;
  }

  #arena(id: ArenaId): Arena {
    const arena = this.#arenas.get(id);
    if (arena === undefined) throw new RuntimeError("bad-frame", `Arena ${id} holds nothing here.`);
    return arena;
  }

  #floatTensor(values: Float32Array, dims: readonly number[]): ort.Tensor {
    return this.#type === "float"
      ? new ort.Tensor("float32", values, dims)
      : new ort.Tensor("float16", new Uint16Array(new Float16Array(values).buffer), dims);
  }

  #grow(old: Arena | undefined, from: KvBuffer | undefined, capacity: number): KvBuffer {
    const { K, E } = this.#shape;
    const dims = [1, K, capacity, E];
    if (this.#device === null) {
      const data = new Float32Array(K * capacity * E);
      if (old !== undefined && from !== undefined) {
        const oldData = floatData(from.tensor);
        for (let k = 0; k < K; k++) {
          data.set(oldData.subarray(k * old.capacity * E, (k + 1) * old.capacity * E), k * capacity * E);
        }
      }
      return { tensor: new ort.Tensor("float32", data, dims), gpu: null };
    }
    const headBytes = capacity * E * this.#elementBytes;
    const gpu = this.#device.createBuffer({ size: K * headBytes, usage: GPU_USAGE }); // WebGPU zeroes new buffers
    if (old !== undefined && from?.gpu) {
      const oldHeadBytes = old.capacity * E * this.#elementBytes;
      const encoder = this.#device.createCommandEncoder();
      for (let k = 0; k < K; k++)
        encoder.copyBufferToBuffer(from.gpu, k * oldHeadBytes, gpu, k * headBytes, oldHeadBytes);
      this.#device.queue.submit([encoder.finish()]);
      from.gpu.destroy();
    }
    const dataType = this.#type === "float" ? "float32" : "float16";
    return { tensor: ort.Tensor.fromGpuBuffer(gpu, { dataType, dims }), gpu };
  }
}

// GPUBufferUsage STORAGE | COPY_SRC | COPY_DST; the constants' global is missing in workers of some browsers without WebGPU.
const GPU_USAGE = 0x80 | 0x04 | 0x08;

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new RuntimeError("session", "A session left out an output that its graph names.");
  return value;
}

function floatData(tensor: ort.Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw new RuntimeError("session", "The KV cache is not float32.");
  return tensor.data;
}
