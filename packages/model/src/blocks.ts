/**
 * GGUF's block types unpacked to float32, bit for bit as llama.cpp's reference does. Layouts: a block of `values` weights takes `bytes` bytes;
 * `d` and `m` are half-precision scale and minimum at its start (Q6_K: scale at its end).
 */
import type { BlockType } from "./shape.ts";
import { ModelError } from "./errors.ts";

export const BLOCKS: Readonly<Record<BlockType, { readonly values: number; readonly bytes: number }>> = {
  F32: { values: 1, bytes: 4 },
  F16: { values: 1, bytes: 2 },
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q8_0: { values: 32, bytes: 34 },
  Q4_K: { values: 256, bytes: 144 },
  Q6_K: { values: 256, bytes: 210 },
};

/** float32 of every half, so that unpacking is a look-up. */
const HALF = new Float32Array(65536);
for (let bits = 0; bits < 65536; bits++) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  HALF[bits] = bits & 0x8000 ? -magnitude : magnitude;
}

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
    case "Q4_0":
      return nibbles(bytes, out, 2, 18, (d, _, q) => f(d * (q - 8)));
    case "Q4_1":
      return nibbles(bytes, out, 4, 20, (d, m, q) => f(f(d * q) + m));
    case "Q5_0":
      return fiveBits(bytes, out);
    case "Q8_0":
      return eightBits(bytes, out);
    case "Q4_K":
      return superBlocks4(bytes, out);
    case "Q6_K":
      return superBlocks6(bytes, out);
    default:
      return type satisfies never;
  }
}

/** The half-precision number at byte `at`. */
export function half(bytes: Uint8Array, at: number): number {
  return HALF[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
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

function fiveBits(bytes: Uint8Array, out: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let b = 0, o = 0; b < bytes.length; b += 22, o += 32) {
    const d = half(bytes, b);
    const high = view.getUint32(b + 2, true);
    for (let j = 0; j < 16; j++) {
      const byte = bytes[b + 6 + j] ?? 0;
      out[o + j] = d * (((byte & 15) | (((high >>> j) & 1) << 4)) - 16);
      out[o + j + 16] = d * (((byte >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
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

/** Eight sub-blocks of 32 with six-bit scales and minimums packed in 12 bytes. */
function superBlocks4(bytes: Uint8Array, out: Float32Array): void {
  for (let b = 0, o = 0; b < bytes.length; b += 144, o += 256) {
    const d = half(bytes, b);
    const dmin = half(bytes, b + 2);
    const packed = (i: number) => bytes[b + 4 + i] ?? 0;
    for (let sub = 0; sub < 8; sub++) {
      const scale = sub < 4 ? packed(sub) & 63 : (packed(sub + 4) & 15) | ((packed(sub - 4) >> 6) << 4);
      const minimum = sub < 4 ? packed(sub + 4) & 63 : (packed(sub + 4) >> 4) | ((packed(sub) >> 6) << 4);
      const s = f(d * scale);
      const m = f(dmin * minimum);
      const q = b + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j++) out[o + sub * 32 + j] = f(s * (((bytes[q + j] ?? 0) >> shift) & 15)) - m;
    }
  }
}

/** Sixteen sub-blocks of 16 with signed eight-bit scales; four low bits in `ql`, two high bits in `qh`. */
function superBlocks6(bytes: Uint8Array, out: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let b = 0, o = 0; b < bytes.length; b += 210, o += 256) {
    const d = half(bytes, b + 208);
    for (let i = 0; i < 256; i++) {
      const side = i >> 7;
      const j = i & 127;
      const lane = j & 31;
      const group = j >> 5;
      const low = bytes[b + side * 64 + (group & 1) * 32 + lane] ?? 0;
      const highBits = ((bytes[b + 128 + side * 32 + lane] ?? 0) >> (2 * group)) & 3;
      const q = ((group < 2 ? low & 15 : low >> 4) | (highBits << 4)) - 32;
      out[o + i] = f(d * (signed[b + 192 + (i >> 4)] ?? 0)) * q;
    }
  }
}
