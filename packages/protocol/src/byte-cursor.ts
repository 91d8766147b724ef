/**
 * Little-endian reading and writing with every length checked. Arrays are viewed in place where their alignment allows, copied where not;
 * views take the platform's byte order, which is little endian wherever a browser with WebRTC runs.
 */
import { ProtocolError } from "./errors.ts";

const U32_MAX = 0xffff_ffff;

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A length or offset of up to 2^53 - 1. */
  u53(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new ProtocolError("bad-number", `a length must be below 2^53; got ${value}`);
    }
    return Number(value);
  }

  zeros(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.u8() !== 0) throw new ProtocolError("bad-flags", "reserved and padding bytes must be 0");
    }
  }

  /** Up to the next multiple of 4 from the start. */
  align4(): void {
    this.zeros(-this.#at & 3);
  }

  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  i32s(count: number): Int32Array {
    const raw = this.#aligned(count * 4, 4);
    return new Int32Array(raw.buffer, raw.byteOffset, count);
  }

  u32s(count: number): Uint32Array {
    const raw = this.#aligned(count * 4, 4);
    return new Uint32Array(raw.buffer, raw.byteOffset, count);
  }

  u16s(count: number): Uint16Array {
    const raw = this.#aligned(count * 2, 2);
    return new Uint16Array(raw.buffer, raw.byteOffset, count);
  }

  f32s(count: number): Float32Array {
    const raw = this.#aligned(count * 4, 4);
    return new Float32Array(raw.buffer, raw.byteOffset, count);
  }

  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) throw new ProtocolError("trailing", `the frame ends at byte ${this.#at}; ${left} more came`);
  }

  #aligned(byteCount: number, alignment: number): Uint8Array {
    const raw = this.bytes(byteCount);
    return raw.byteOffset % alignment === 0 ? raw : new Uint8Array(raw);
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) {
      throw new ProtocolError(
        "truncated",
        `expected ${count} more bytes at byte ${start}; the frame has ${this.#bytes.length}`,
      );
    }
    this.#at = start + count;
    return start;
  }
}

/** Writes into one buffer of a size known beforehand. */
export class ByteWriter {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor(sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at++, value);
  }

  u16(value: number): void {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > U32_MAX) {
      throw new ProtocolError("bad-number", `expected a whole number of 0 to 2^32 - 1, got ${value}`);
    }
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  f64(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  u53(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new ProtocolError("bad-number", `expected a length below 2^53, got ${value}`);
    }
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
  }

  zeros(count: number): void {
    this.#at += count;
  }

  align4(): void {
    this.#at = (this.#at + 3) & ~3;
  }

  raw(values: Uint8Array | Int32Array | Float32Array | Uint16Array): void {
    this.bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.#at);
    this.#at += values.byteLength;
  }
}
