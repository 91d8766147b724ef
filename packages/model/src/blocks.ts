/**
 * GGUF's block types unpacked to float32, bit for bit as llama.cpp's reference does. Layouts: a block of `values` weights takes `bytes` bytes;
 * `d` and `m` are half-precision scale and minimum at its start. K-quants have a file of their own.
 */
import type { BlockType } from "./shape.ts";
import { ModelError } from "./errors.ts";
import { half } from "./half-table.ts";
import { unpackQ2K, unpackQ3K, unpackQ4K, unpackQ5K, unpackQ6K } from "./k-blocks.ts";

export const BLOCKS: Readonly<Record<BlockType, { readonly values: number; readonly bytes: number }>> = {
  F32: { values: 1, bytes: 4 },
  F16: { values: 1, bytes: 2 },
  BF16: { values: 1, bytes: 2 },
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q5_1: { values: 32, bytes: 24 },
  Q8_0: { values: 32, bytes: 34 },
  Q2_K: { values: 256, bytes: 84 },
  Q3_K: { values: 256, bytes: 110 },
  Q4_K: { values: 256, bytes: 144 },
  Q5_K: { values: 256, bytes: 176 },
  Q6_K: { values: 256, bytes: 210 },
  IQ4_NL: { values: 32, bytes: 18 },
};

export const BLOCK_TYPES = Object.keys(BLOCKS) as readonly BlockType[];

/** Bytes of a tensor in the file. */
export function packedBytes({ type, dims }: { readonly type: BlockType; readonly dims: readonly number[] }): number {
  return (dims.reduce((a, b) => a * b, 1) / BLOCKS[type].values) * BLOCKS[type].bytes;
}

/** What the sixteen values of IQ4_NL stand for, in units of the scale: closer together near zero, where most weights lie. */
export const IQ4_NL_VALUES = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

const f = Math.fround;

/** Writes the `out.length` weights that `bytes` holds. Both lengths must agree with the type, or 'truncated'. */
export function dequantize(type: BlockType, bytes: Uint8Array, out: Float32Array): void {
  const block = BLOCKS[type];
  if (out.length % block.values !== 0 || bytes.length !== (out.length / block.values) * block.bytes) {
    throw new ModelError("truncated", `${out.length} weights of ${type} do not take ${bytes.length} bytes.`);
  }
  switch (type) {
    case "F32":
      out.set(new Float32Array(bytes.slice().buffer));
      return;
    case "F16":
      for (let i = 0; i < out.length; i++) out[i] = half(bytes, 2 * i);
      return;
    case "BF16":
      return upperHalves(bytes, out);
    case "Q4_0":
      return nibbles(bytes, out, 2, 18, (d, _, q) => f(d * (q - 8)));
    case "Q4_1":
      return nibbles(bytes, out, 4, 20, (d, m, q) => f(f(d * q) + m));
    case "Q5_0":
      return fiveBits(bytes, out, 22, (d, _, q) => d * (q - 16));
    case "Q5_1":
      return fiveBits(bytes, out, 24, (d, m, q) => f(d * q) + m);
    case "Q8_0":
      return eightBits(bytes, out);
    case "Q2_K":
      return unpackQ2K(bytes, out);
    case "Q3_K":
      return unpackQ3K(bytes, out);
    case "Q4_K":
      return unpackQ4K(bytes, out);
    case "Q5_K":
      return unpackQ5K(bytes, out);
    case "Q6_K":
      return unpackQ6K(bytes, out);
    case "IQ4_NL":
      return nibbles(bytes, out, 2, 18, (d, _, q) => f(d * (IQ4_NL_VALUES[q] ?? 0)));
    default:
      return type satisfies never;
  }
}

/** The upper halves of float32 numbers. */
function upperHalves(bytes: Uint8Array, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) bits[i] = ((bytes[2 * i] ?? 0) << 16) | ((bytes[2 * i + 1] ?? 0) << 24);
}

/** Value j in the low nibble of byte j, value j + 16 in its high nibble. */
function nibbles(
  bytes: Uint8Array,
  out: Float32Array,
  head: number,
  stride: number,
  value: (d: number, m: number, q: number) => number,
): void {
  const table = new Float32Array(16);
  for (let b = 0, o = 0; b < bytes.length; b += stride, o += 32) {
    const d = half(bytes, b);
    const m = half(bytes, b + 2);
    for (let q = 0; q < 16; q++) table[q] = value(d, m, q);
    for (let j = 0; j < 16; j++) {
      const byte = bytes[b + head + j] ?? 0;
      out[o + j] = table[byte & 15] ?? 0;
      out[o + j + 16] = table[byte >> 4] ?? 0;
    }
  }
}

/** The fifth bits of all values as one little-endian number before the nibbles. */
function fiveBits(
  bytes: Uint8Array,
  out: Float32Array,
  stride: number,
  value: (d: number, m: number, q: number) => number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = new Float32Array(32);
  for (let b = 0, o = 0; b < bytes.length; b += stride, o += 32) {
    const d = half(bytes, b);
    const m = half(bytes, b + 2);
    const high = view.getUint32(b + stride - 20, true);
    for (let q = 0; q < 32; q++) table[q] = value(d, m, q);
    for (let j = 0; j < 16; j++) {
      const byte = bytes[b + stride - 16 + j] ?? 0;
      out[o + j] = table[(byte & 15) | (((high >>> j) & 1) << 4)] ?? 0;
      out[o + j + 16] = table[(byte >> 4) | (((high >>> (j + 16)) & 1) << 4)] ?? 0;
    }
  }
}

function eightBits(bytes: Uint8Array, out: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let b = 0, o = 0; b < bytes.length; b += 34, o += 32) {
    const d = half(bytes, b);
    for (let j = 0; j < 32; j++) out[o + j] = d * (signed[b + 2 + j] ?? 0);
  }
}
