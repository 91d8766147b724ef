/** Matrices as the kernels read them (layouts: `kernels/blocks.ts`): made from the model's blocks without loss, or float32 as it is. */
import type { LinearWeights } from "@jupiter/model";
import type { KernelHeap } from "./kernel-heap.ts";
import { MOST_FEW_ROWS, type Kernels } from "./kernel-module.ts";
import { GROUP, matrixBytes, takesMinimums } from "./matrix-bytes.ts";

type Blocks = Extract<LinearWeights["weights"], { form: "blocks" }>;

export interface Matrix {
  readonly pointer: number;
  /** N of the matrix, rounded up to a multiple of 4: rows of zeros. */
  readonly width: number;
  readonly K: number;
  /** 32: float32. */
  readonly bits: 4 | 8 | 32;
  readonly blockSize: number;
  readonly hasMinimums: boolean;
  /** Address of float32 `[N]`, or null. */
  readonly bias: number | null;
}

/** Floats of scratch that products with a matrix of K columns need. */
export function matrixScratch(K: number): number {
  return MOST_FEW_ROWS * (K + K / 16) + 2 * GROUP;
}

export function placeMatrix(heap: KernelHeap, { N, K, weights, bias }: LinearWeights): Matrix {
  const rest = { width: Math.ceil(N / 4) * 4, K, bias: bias === null ? null : heap.allocFloats(bias).pointer };
  if (weights.form === "dense") {
    return { ...rest, pointer: placeDense(heap, weights.data, N, K), bits: 32, blockSize: 0, hasMinimums: false };
  }
  const { bits, blockSize } = weights;
  const hasMinimums = takesMinimums({ bits, minimums: weights.minimums !== null || weights.zeroPoints !== null });
  const pointer = placeBlocks(heap, weights, N, K, hasMinimums);
  return { ...rest, pointer, bits, blockSize, hasMinimums };
}

/** Floats that `operand` may need at `packed`. */
export function operandFloats({ fewRows }: Kernels, T: number, K: number): number {
  return T > fewRows ? Math.ceil(T / 4) * 4 * K : 0;
}

/** `x` `[T, K]` at `from` as `multiply` takes it: few rows where they are, many packed. Returns the address. */
export function operand(kernels: Kernels, from: number, T: number, K: number, packed: number): number {
  if (T <= kernels.fewRows) return from;
  kernels.packRows(from, K * 4, T, K, packed, 1);
  return packed;
}

/** `y` `[T, width]` = x W^T + bias. Up to `kernels.fewRows` a row comes out the same, bit for bit, however many others it is among. */
export function multiply(
  kernels: Kernels,
  { pointer, width, K, bits, blockSize, hasMinimums, bias }: Matrix,
  { x, T, y, scratch }: { x: number; T: number; y: number; scratch: number },
): void {
  const product = T <= kernels.fewRows ? kernels.few : kernels.gemm;
  product(pointer, x, y, T, width, K, bits, blockSize, Number(hasMinimums), scratch);
  if (bias !== null) kernels.addBias(y, bias, T, width);
}

function placeDense(heap: KernelHeap, data: Float32Array, N: number, K: number): number {
  const groups = Math.ceil(N / GROUP);
  const { pointer } = heap.alloc(matrixBytes(null, N, K));
  const out = heap.floats(pointer, groups * GROUP * K);
  out.fill(0, N * K);
  for (let n = 0; n < N; n++) {
    const tile = (n >> 2) * 4 * K + (n & 3);
    for (let k = 0; k < K; k++) out[tile + k * 4] = data[n * K + k] ?? 0;
  }
  return pointer;
}

function placeBlocks(heap: KernelHeap, weights: Blocks, N: number, K: number, hasMinimums: boolean): number {
  const { bits, blockSize } = weights;
  const groups = Math.ceil(N / GROUP);
  const blocks = K / blockSize;
  const words = (GROUP * blockSize * bits) / 32;
  const blockWords = words + GROUP * (hasMinimums ? 2 : 1);
  const { pointer } = heap.alloc(matrixBytes({ bits, blockSize, minimums: hasMinimums }, N, K));
  const length = groups * blocks * blockWords;
  const from = wordsOf(weights.packed);
  const outWords = heap.words(pointer, length);
  const outBytes = heap.bytes(pointer, length * 4);
  const outFloats = heap.floats(pointer, length);
  const perRow = blocks * (words / GROUP);
  for (let g = 0, at = 0; g < groups; g++) {
    for (let b = 0; b < blocks; b++, at += blockWords) {
      for (let r = 0; r < GROUP; r++) {
        const row = g * GROUP + r;
        const first = row < N ? row * perRow + b * (words / GROUP) : from.length; // beyond the end: zeros
        if (bits === 4) placeNibbles(from, first, outWords, at + r, words / GROUP);
        else placeBytes(from, first, outBytes, at * 4 + r, words / GROUP);
        const scale = row < N ? (weights.scales[row * blocks + b] ?? 0) : 0;
        outFloats[at + words + r] = scale;
        if (!hasMinimums) continue;
        const minimum = row < N ? (weights.minimums?.[row * blocks + b] ?? 0) : 0;
        outFloats[at + words + GROUP + r] = minimum - scale * zeroOf(weights, row, blocks, b);
      }
    }
  }
  return pointer;
}

/** Four-byte words of the operator's layout: eight nibbles, or four bytes, along K. */
function wordsOf(packed: Uint8Array): Uint32Array {
  const aligned = packed.byteOffset % 4 === 0 ? packed : packed.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}

/** A row's word is a lane's word already: rows only go side by side. */
function placeNibbles(from: Uint32Array, first: number, out: Uint32Array, at: number, count: number): void {
  for (let c = 0; c < count; c++) out[at + c * GROUP] = from[first + c] ?? 0;
}

/** A row's four bytes go sixteen bytes apart, and become signed. */
function placeBytes(from: Uint32Array, first: number, out: Uint8Array, at: number, count: number): void {
  for (let c = 0; c < count; c++) {
    const word = (from[first + c] ?? 0x80808080) ^ 0x80808080;
    const to = at + c * 64;
    out[to] = word;
    out[to + GROUP] = word >>> 8;
    out[to + 2 * GROUP] = word >>> 16;
    out[to + 3 * GROUP] = word >>> 24;
  }
}

/** The zero point, counted as the kernels count: nibbles from 0, bytes from -128. */
function zeroOf({ bits, zeroPoints }: Blocks, row: number, blocks: number, b: number): number {
  if (bits === 8) return zeroPoints === null ? 0 : (zeroPoints[row * blocks + b] ?? 128) - 128;
  if (zeroPoints === null) return 8;
  const byte = zeroPoints[row * Math.ceil(blocks / 2) + (b >> 1)] ?? 0;
  return b & 1 ? byte >> 4 : byte & 15;
}
