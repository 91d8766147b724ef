/**
 * Tensors over onnxruntime's own heap, so that the KV cache is written in place: the public API copies every input and output on every run
 * (8 to 15 ms a token instead of 4 to 5 for six layers of SmolLM2).
 */
import { RuntimeError } from "./errors.ts";
import type { OrtModule } from "./ort.ts";

const LOCATION_CPU = 1;
const POINTER_BYTES = 4;
export const TENSOR_TYPE = { float: 1, int32: 6, int64: 7 } as const;

/** A piece of the heap. Views are made anew at each use, as they detach when the heap grows. */
export interface HeapBlock {
  readonly pointer: number;
  readonly sizeBytes: number;
}

export class WasmHeap {
  readonly module: OrtModule;

  constructor(module: OrtModule) {
    this.module = module;
  }

  alloc(sizeBytes: number): HeapBlock {
    const pointer = this.module._malloc(sizeBytes);
    if (pointer === 0) {
      throw new RuntimeError(
        "out-of-memory",
        `This tab's memory is full: ${Math.ceil(sizeBytes / 1e6)} MB more were needed. Give this device fewer layers or a shorter context.`,
      );
    }
    return { pointer, sizeBytes };
  }

  free(block: HeapBlock): void {
    this.module._free(block.pointer);
  }

  floats(block: HeapBlock): Float32Array {
    return new Float32Array(this.module.HEAPU8.buffer, block.pointer, block.sizeBytes / 4);
  }

  ints(block: HeapBlock): Int32Array {
    return new Int32Array(this.module.HEAPU8.buffer, block.pointer, block.sizeBytes / 4);
  }

  longs(block: HeapBlock): BigInt64Array {
    return new BigInt64Array(this.module.HEAPU8.buffer, block.pointer, block.sizeBytes / 8);
  }

  /** A native tensor that views `block`; release with `releaseTensor`. `dims` times the element size must lie inside the block. */
  tensor(type: keyof typeof TENSOR_TYPE, block: HeapBlock, dims: readonly number[]): number {
    const dimsBlock = this.alloc(Math.max(dims.length, 1) * POINTER_BYTES);
    this.ints(dimsBlock).set(dims);
    const sizeBytes = dims.reduce((a, b) => a * b, type === "int64" ? 8 : 4);
    const handle = this.module._OrtCreateTensor(
      TENSOR_TYPE[type],
      block.pointer,
      sizeBytes,
      dimsBlock.pointer,
      dims.length,
      LOCATION_CPU,
    );
    this.free(dimsBlock);
    if (handle === 0) {
      throw new RuntimeError("session", `onnxruntime refused a tensor of ${dims.join(" x ")}. Reload the page.`);
    }
    return handle;
  }

  releaseTensor(handle: number): void {
    this.module._OrtReleaseTensor(handle);
  }

  /** A zero-terminated name. */
  name(text: string): HeapBlock {
    const bytes = new TextEncoder().encode(text);
    const block = this.alloc(bytes.length + 1);
    const view = new Uint8Array(this.module.HEAPU8.buffer, block.pointer, block.sizeBytes);
    view.set(bytes);
    view[bytes.length] = 0;
    return block;
  }

  /** Heap size now; wasm memory never shrinks, so this is the high-water mark. */
  get sizeBytes(): number {
    return this.module.HEAPU8.buffer.byteLength;
  }
}

/** One session's `_OrtRun` with its names kept on the heap. Inputs and outputs are given in the order of `names`. */
export class WasmCall {
  readonly #heap: WasmHeap;
  readonly #session: number;
  readonly #names: HeapBlock[];
  readonly #inputCount: number;
  readonly #outputCount: number;
  readonly #inputNames: HeapBlock;
  readonly #outputNames: HeapBlock;
  readonly #inputs: HeapBlock;
  readonly #outputs: HeapBlock;

  constructor(heap: WasmHeap, session: number, inputNames: readonly string[], outputNames: readonly string[]) {
    this.#heap = heap;
    this.#session = session;
    const inputs = inputNames.map((name) => heap.name(name));
    const outputs = outputNames.map((name) => heap.name(name));
    this.#names = [...inputs, ...outputs];
    this.#inputCount = inputs.length;
    this.#outputCount = outputs.length;
    this.#inputNames = heap.alloc(inputs.length * POINTER_BYTES);
    this.#outputNames = heap.alloc(outputs.length * POINTER_BYTES);
    this.#inputs = heap.alloc(inputs.length * POINTER_BYTES);
    this.#outputs = heap.alloc(outputs.length * POINTER_BYTES);
    heap.ints(this.#inputNames).set(inputs.map((block) => block.pointer));
    heap.ints(this.#outputNames).set(outputs.map((block) => block.pointer));
  }

  /** `inputs` and `outputs` are native tensors; every output must be preallocated. */
  async run(inputs: readonly number[], outputs: readonly number[]): Promise<void> {
    this.#heap.ints(this.#inputs).set(inputs);
    this.#heap.ints(this.#outputs).set(outputs);
    const code = await this.#heap.module._OrtRun(
      this.#session,
      this.#inputNames.pointer,
      this.#inputs.pointer,
      this.#inputCount,
      this.#outputNames.pointer,
      this.#outputCount,
      this.#outputs.pointer,
      0,
    );
    if (code !== 0) {
      throw new RuntimeError("session", `onnxruntime's run ended with code ${code}. Leave the room and join again.`);
    }
  }

  dispose(): void {
    for (const block of [...this.#names, this.#inputNames, this.#outputNames, this.#inputs, this.#outputs]) {
      this.#heap.free(block);
    }
  }
}
