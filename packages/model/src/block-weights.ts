/**
 * GGUF blocks laid out as `com.microsoft.MatMulNBits` takes them, without loss: `w = scale * (q - zeroPoint) + minimum`, value for value what
 * `dequantize` gives. Five- and six-bit values live in bytes, two- and three-bit ones in four bits, shifted so that the zero point is the
 * operator's default of 128 or 8.
 */
import { BLOCKS, IQ4_NL_VALUES } from "./blocks.ts";
import { ModelError } from "./errors.ts";
import { half } from "./half-table.ts";
import { packQ2K, packQ3K, packQ4K, packQ5K, packQ6K } from "./k-block-weights.ts";
import type { BlockWeights } from "./onnx/linear.ts";
import type { BlockType } from "./shape.ts";

export type QuantisedType = Exclude<BlockType, "F32" | "F16" | "BF16">;

export function isQuantised(type: BlockType): type is QuantisedType {
  return type !== "F32" && type !== "F16" && type !== "BF16";
}

/**
 * The container of each type: bits and block size of the operator; whether a minimum is added, and whether four bits are full, so that the
 * zero point must be 0.
 */
export interface Container {
  readonly bits: 4 | 8;
  readonly blockSize: 16 | 32;
  readonly minimums: boolean;
  readonly zeroPoints: boolean;
}

const CONTAINERS: Readonly<Record<QuantisedType, Container>> = {
  Q4_0: { bits: 4, blockSize: 32, minimums: false, zeroPoints: false },
  Q4_1: { bits: 4, blockSize: 32, minimums: true, zeroPoints: true },
  Q5_0: { bits: 8, blockSize: 32, minimums: false, zeroPoints: false },
  Q5_1: { bits: 8, blockSize: 32, minimums: true, zeroPoints: false },
  Q8_0: { bits: 8, blockSize: 32, minimums: false, zeroPoints: false },
  Q2_K: { bits: 4, blockSize: 16, minimums: true, zeroPoints: false },
  Q3_K: { bits: 4, blockSize: 16, minimums: false, zeroPoints: false },
  Q4_K: { bits: 4, blockSize: 32, minimums: true, zeroPoints: true },
  Q5_K: { bits: 8, blockSize: 32, minimums: true, zeroPoints: false },
  Q6_K: { bits: 8, blockSize: 16, minimums: false, zeroPoints: false },
  IQ4_NL: { bits: 8, blockSize: 32, minimums: false, zeroPoints: false },
};

export function containerOf(type: QuantisedType): Container {
  return CONTAINERS[type];
}

/** Bytes of what `toBlockWeights` makes of a matrix `[N, K]`. */
export function blockWeightsBytes(type: QuantisedType, N: number, K: number): number {
  const { bits, blockSize, minimums, zeroPoints } = CONTAINERS[type];
  const floatBytes = (4 * N * K) / blockSize; // of the scales, and of the minimums
  return (
    (N * K * bits) / 8 + floatBytes + (minimums ? floatBytes : 0) + (zeroPoints ? zeroPointBytes(N, K, blockSize) : 0)
  );
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
  const { bits, blockSize, minimums, zeroPoints } = CONTAINERS[type];
  const blocks = (N * K) / blockSize;
  const out = {
    form: "blocks",
    bits,
    blockSize,
    packed: new Uint8Array((N * K * bits) / 8),
    scales: new Float32Array(blocks),
    zeroPoints: zeroPoints ? new Uint8Array(zeroPointBytes(N, K, blockSize)) : null,
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
      fiveBits(bytes, out.packed, out.scales, null, 22);
      break;
    case "Q5_1":
      fiveBits(bytes, out.packed, out.scales, out.minimums, 24);
      break;
    case "Q8_0":
      eightBits(bytes, out.packed, out.scales);
      break;
    case "Q2_K":
      packQ2K(bytes, out.packed, out.scales, out.minimums);
      break;
    case "Q3_K":
      packQ3K(bytes, out.packed, out.scales);
      break;
    case "Q4_K":
      packQ4K(bytes, out.packed, out.scales, out.minimums);
      break;
    case "Q5_K":
      packQ5K(bytes, out.packed, out.scales, out.minimums);
      break;
    case "Q6_K":
      packQ6K(bytes, out.packed, out.scales);
      break;
    case "IQ4_NL":
      tableBlocks(bytes, out.packed, out.scales);
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

/** Fifth bits of all values in four bytes before the nibbles. Shifted to the zero point of 128; Q5_0 counts from -16. */
function fiveBits(
  bytes: Uint8Array,
  packed: Uint8Array,
  scales: Float32Array,
  minimums: Float32Array | null,
  stride: number,
): void {
  const shift = minimums === null ? 112 : 128;
  for (let b = 0, at = 0; at < bytes.length; b++, at += stride) {
    scales[b] = half(bytes, at);
    if (minimums !== null) minimums[b] = half(bytes, at + 2);
    const high = at + stride - 20;
    for (let j = 0; j < 16; j++) {
      const byte = bytes[high + 4 + j] ?? 0;
      const highOfFirst = ((bytes[high + (j >> 3)] ?? 0) >> (j & 7)) & 1;
      const highOfSecond = ((bytes[high + 2 + (j >> 3)] ?? 0) >> (j & 7)) & 1;
      packed[b * 32 + j] = ((byte & 15) | (highOfFirst << 4)) + shift;
      packed[b * 32 + j + 16] = ((byte >> 4) | (highOfSecond << 4)) + shift;
    }
  }
}

function eightBits(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  for (let b = 0, at = 0; at < bytes.length; b++, at += 34) {
    scales[b] = half(bytes, at);
    for (let j = 0; j < 32; j++) packed[b * 32 + j] = (bytes[at + 2 + j] ?? 0) ^ 0x80; // two's complement + 128
  }
}

/** Nibbles that name one of sixteen values of eight bits. */
function tableBlocks(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  for (let b = 0, at = 0; at < bytes.length; b++, at += 18) {
    scales[b] = half(bytes, at);
    for (let j = 0; j < 16; j++) {
      const byte = bytes[at + 2 + j] ?? 0;
      packed[b * 32 + j] = (IQ4_NL_VALUES[byte & 15] ?? 0) + 128;
      packed[b * 32 + j + 16] = (IQ4_NL_VALUES[byte >> 4] ?? 0) + 128;
    }
  }
}
