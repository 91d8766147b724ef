import { RuntimeError } from "../errors.ts";

const PAGE = 65536;
/** Of a cache line. */
const ALIGNMENT = 64;

/** A piece of the heap. Views are made anew at each use, as they detach when the heap grows. */
export interface Block {
  readonly pointer: number;
  readonly sizeBytes: number;
}

/** Memory for the kernels of one stage or head: given out by first fit, freed by block; it goes as a whole with its owner. */
export class KernelHeap {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  /** By address; neighbours are joined. The first page is the module's own. */
  #free: Block[] = [];
  #end = PAGE;
  #usedBytes = 0;
  /** Of the work that is being watched. */
  #watched: Block[] | null = null;

  /** What blocks hold. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Also the blocks that `work` takes; if it throws, they are freed. */
  blocksOf<T>(work: () => T): { readonly result: T; readonly blocks: readonly Block[] } {
    const blocks: Block[] = [];
    this.#watched = blocks;
    try {
      return { result: work(), blocks };
    } catch (error) {
      blocks.forEach((block) => this.free(block));
      throw error;
    } finally {
      this.#watched = null;
    }
  }

  /** Contents are what was there before. Throws 'out-of-memory'. */
  alloc(sizeBytes: number): Block {
    const block = this.#alloc(sizeBytes);
    this.#watched?.push(block);
    return block;
  }

  #alloc(sizeBytes: number): Block {
    const size = Math.ceil(sizeBytes / ALIGNMENT) * ALIGNMENT;
    const index = this.#free.findIndex((block) => block.sizeBytes >= size);
    const hole = this.#free[index];
    this.#usedBytes += size;
    if (hole !== undefined) {
      const rest = { pointer: hole.pointer + size, sizeBytes: hole.sizeBytes - size };
      this.#free.splice(index, 1, ...(rest.sizeBytes > 0 ? [rest] : []));
      return { pointer: hole.pointer, sizeBytes: size };
    }
    const missing = this.#end + size - this.memory.buffer.byteLength;
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE), sizeBytes);
    const block = { pointer: this.#end, sizeBytes: size };
    this.#end += size;
    return block;
  }

  free(block: Block): void {
    this.#usedBytes -= block.sizeBytes;
    const next = this.#free.findIndex(({ pointer }) => pointer > block.pointer);
    this.#free.splice(next < 0 ? this.#free.length : next, 0, block);
    const joined: Block[] = [];
    for (const piece of this.#free) {
      const last = joined.at(-1);
      if (last !== undefined && last.pointer + last.sizeBytes === piece.pointer) {
        joined[joined.length - 1] = { pointer: last.pointer, sizeBytes: last.sizeBytes + piece.sizeBytes };
      } else joined.push(piece);
    }
    this.#free = joined;
  }

  /** A block with these values. */
  allocFloats(values: Float32Array): Block {
    const block = this.alloc(values.byteLength);
    this.floats(block.pointer, values.length).set(values);
    return block;
  }

  floats(pointer: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer, pointer, length);
  }

  words(pointer: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.memory.buffer, pointer, length);
  }

  bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, pointer, length);
  }

  doubles(pointer: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.memory.buffer, pointer, length);
  }

  #grow(pages: number, sizeBytes: number): void {
    try {
      this.memory.grow(pages);
    } catch (cause) {
      this.#usedBytes -= Math.ceil(sizeBytes / ALIGNMENT) * ALIGNMENT;
      throw new RuntimeError(
        "out-of-memory",
        `This tab's memory is full: ${Math.ceil(sizeBytes / 1e6)} MB more were needed. Give this device fewer layers or a shorter context.`,
        { cause },
      );
    }
  }
}
