/**
 * GGUF blocks laid out as `com.microsoft.MatMulNBits` takes them, without loss: `w = scale * (q - zeroPoint) + minimum`, value for value what
 * `dequantize` gives. Five- and six-bit values live in bytes, shifted so that the zero point is the operator's default of 128.
 */
import { BLOCKS, half } from "./blocks.ts";
import { ModelError } from "./errors.ts";
import type { BlockWeights } from "./onnx/linear.ts";
import type { BlockType } from "./shape.ts";

export type QuantisedType = Exclude<BlockType, "F32" | "F16">;

export function isQuantised(type: BlockType): type is QuantisedType {
  return type !== "F32" && type !== "F16";
}

/**
 * The container of each type: bits and block size of the operator; whether the zero point is 0 (else the default, 8 or 128) and a minimum
 * is added.
 */
const CONTAINERS: Readonly<
  Record<QuantisedType, { readonly bits: 4 | 8; readonly blockSize: 16 | 32; readonly minimums: boolean }>
> = {
  Q4_0: { bits: 4, blockSize: 32, minimums: false },
  Q4_1: { bits: 4, blockSize: 32, minimums: true },
  Q5_0: { bits: 8, blockSize: 32, minimums: false },
  Q8_0: { bits: 8, blockSize: 32, minimums: false },
  Q4_K: { bits: 4, blockSize: 32, minimums: true },
  Q6_K: { bits: 8, blockSize: 16, minimums: false },
};

/** Bytes of what `toBlockWeights` makes of a matrix `[N, K]`. */
export function blockWeightsBytes(type: QuantisedType, N: number, K: number): number {
  const { bits, blockSize, minimums } = CONTAINERS[type];
  const floatBytes = (4 * N * K) / blockSize; // of the scales, and of the minimums
  return (N * K * bits) / 8 + floatBytes + (minimums ? floatBytes + zeroPointBytes(N, K, blockSize) : 0);
}

/** Two of four bits a byte, rows padded to whole bytes. */
function zeroPointBytes(N: number, K: number, blockSize: number): number {
  return N * Math.ceil(K / blockSize / 2);
}

/** The matrix `[N, K]` that `bytes` holds, row after row. Lengths must agree with the type, or 'truncated'. */
export function toBlockWeights(type: QuantisedType, bytes: Uint8Array, N: number, K: number): BlockWeights {
  const block = BLOCKS[type];
  if (K % block.values !== 0 || bytes.length !== ((N * K) / block.values) * block.bytes) {
    throw new ModelError("truncated", `${N} x ${K} weights of ${type} do not take ${bytes.length} bytes.`);
  }
  const { bits, blockSize, minimums } = CONTAINERS[type];
  const blocks = (N * K) / blockSize;
  const out = {
    form: "blocks",
    bits,
    blockSize,
    packed: new Uint8Array((N * K * bits) / 8),
    scales: new Float32Array(blocks),
    zeroPoints: minimums ? new Uint8Array(zeroPointBytes(N, K, blockSize)) : null,
    minimums: minimums ? new Float32Array(blocks) : null,
  } as const;
  switch (type) {
    case "Q4_0":
      simpleBlocks(bytes, out.packed, out.scales, null, 18);
      break;
    case "Q4_1":
      simpleBlocks(bytes, out.packed, out.scales, out.minimums, 20);
      break;
    case "Q5_0":
      fiveBits(bytes, out.packed, out.scales);
      break;
    case "Q8_0":
      eightBits(bytes, out.packed, out.scales);
      break;
    case "Q4_K":
      superBlocks4(bytes, out.packed, out.scales, out.minimums);
      break;
    case "Q6_K":
      superBlocks6(bytes, out.packed, out.scales);
      break;
    default:
      return type satisfies never;
  }
  return out;
}

/** The file pairs values j and j + 16 in a byte; the operator pairs neighbours, the lower one in the low nibble. */
function simpleBlocks(
  bytes: Uint8Array,
  packed: Uint8Array,
  scales: Float32Array,
  minimums: Float32Array | null,
  stride: number,
): void {
  const head = stride - 16;
  for (let b = 0, at = 0; at < bytes.length; b++, at += stride) {
    scales[b] = half(bytes, at);
    if (minimums !== null) minimums[b] = half(bytes, at + 2);
    for (let j = 0; j < 16; j += 2) {
      const first = bytes[at + head + j] ?? 0;
      const second = bytes[at + head + j + 1] ?? 0;
      packed[b * 16 + j / 2] = (first & 15) | ((second & 15) << 4);
      packed[b * 16 + 8 + j / 2] = (first >> 4) | (second & 0xf0);
    }
  }
}

function fiveBits(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  for (let b = 0, at = 0; at < bytes.length; b++, at += 22) {
    scales[b] = half(bytes, at);
    for (let j = 0; j < 16; j++) {
      const byte = bytes[at + 6 + j] ?? 0;
      const highOfFirst = ((bytes[at + 2 + (j >> 3)] ?? 0) >> (j & 7)) & 1;
      const highOfSecond = ((bytes[at + 4 + (j >> 3)] ?? 0) >> (j & 7)) & 1;
      packed[b * 32 + j] = ((byte & 15) | (highOfFirst << 4)) + 112; // - 16 + 128
      packed[b * 32 + j + 16] = ((byte >> 4) | (highOfSecond << 4)) + 112;
    }
  }
}

function eightBits(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  for (let b = 0, at = 0; at < bytes.length; b++, at += 34) {
    scales[b] = half(bytes, at);
    for (let j = 0; j < 32; j++) packed[b * 32 + j] = (bytes[at + 2 + j] ?? 0) ^ 0x80; // two's complement + 128
  }
}

function superBlocks4(
  bytes: Uint8Array,
  packed: Uint8Array,
  scales: Float32Array,
  minimums: Float32Array | null,
): void {
  for (let s = 0, at = 0; at < bytes.length; s++, at += 144) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    const six = (i: number) => bytes[at + 4 + i] ?? 0;
    for (let sub = 0; sub < 8; sub++) {
      const scale = sub < 4 ? six(sub) & 63 : (six(sub + 4) & 15) | ((six(sub - 4) >> 6) << 4);
      const minimum = sub < 4 ? six(sub + 4) & 63 : (six(sub + 4) >> 4) | ((six(sub) >> 6) << 4);
      const b = s * 8 + sub;
      scales[b] = d * scale;
      if (minimums !== null) minimums[b] = -dmin * minimum;
      const from = at + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j += 2) {
        const first = ((bytes[from + j] ?? 0) >> shift) & 15;
        const second = ((bytes[from + j + 1] ?? 0) >> shift) & 15;
        packed[b * 16 + j / 2] = first | (second << 4);
      }
    }
  }
}

function superBlocks6(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let s = 0, at = 0; at < bytes.length; s++, at += 210) {
    const d = half(bytes, at + 208);
    for (let sub = 0; sub < 16; sub++) scales[s * 16 + sub] = d * (signed[at + 192 + sub] ?? 0);
    for (let side = 0; side < 2; side++) {
      for (let lane = 0; lane < 32; lane++) {
        const low = bytes[at + side * 64 + lane] ?? 0;
        const low2 = bytes[at + side * 64 + 32 + lane] ?? 0;
        const high = bytes[at + 128 + side * 32 + lane] ?? 0;
        const to = s * 256 + side * 128 + lane;
        // Each - 32 + 128.
        packed[to] = ((low & 15) | ((high & 3) << 4)) + 96;
        packed[to + 32] = ((low2 & 15) | (((high >> 2) & 3) << 4)) + 96;
        packed[to + 64] = ((low >> 4) | (((high >> 4) & 3) << 4)) + 96;
        packed[to + 96] = ((low2 >> 4) | ((high >> 6) << 4)) + 96;
      }
    }
  }
}
