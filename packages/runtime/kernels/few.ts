/**
 * Few rows of activations times a matrix: bound by unpacking, so every weight is unpacked in registers where it is used, and used for two rows. Rows go
 * through a group of sixteen rows of the matrix two by two, so memory is read once for all. A row's sums have the same terms in the same order alone or in a pair.
 *
 * Inner loops stay rolled: of a longer block V8 computes one sum after the other, which keeps all that was unpacked in registers, and spills.
 */
import { blockBytesOf, groupBytesOf } from "./blocks";
import { sumOf } from "./rows";
import { pair32, pair4, pair8 } from "./pair";
import { single32, single4, single8 } from "./single";

/** Of a pair's sums over a group: `[2][16]` floats. */
const TOTALS: usize = 128;

/** `y` `[T, N]` = x W^T for row-major `x`; N a multiple of 4. `scratch`: 32 + T * (K + K / blockSize) floats, and where T is odd as much for a further row. */
export function few(
  w: usize,
  x: usize,
  y: usize,
  T: i32,
  N: i32,
  K: i32,
  bits: i32,
  blockSize: i32,
  hasMinimums: bool,
  scratch: usize,
): void {
  const rowBytes = (<usize>K) << 2;
  const sumBytes = bits == 32 ? 0 : (<usize>(K / blockSize)) << 2;
  const pairBytes = (rowBytes + sumBytes) << 1;
  const inputs = scratch + TOTALS;
  for (let t = 0, to = inputs; t < T; t += 2, to += pairBytes) {
    const rows = min(T - t, 2);
    spread(x, to, rows, rowBytes, bits == 4);
    for (let r = 0; r < rows; r++, x += rowBytes) {
      if (bits != 32) blockSums(x, to + rowBytes * rows + (r << 2), rows, K, blockSize);
    }
  }
  const stride = (<usize>N) << 2;
  const groupBytes = groupBytesOf(bits, blockSize, hasMinimums, K);
  const blockBytes = blockBytesOf(bits, blockSize);
  const totals = scratch;
  for (let n = 0; n < N; n += 16, y += 64, w += groupBytes) {
    const wide = (<usize>min(N - n, 16)) << 2;
    let from = inputs;
    let to = y;
    for (let t = 0; t < T; t += 2, from += pairBytes) {
      memory.fill(totals, 0, TOTALS);
      if (t + 1 < T) {
        const sums = from + (rowBytes << 1);
        if (bits == 4) pair4(w, groupBytes, blockBytes, from, sums, totals);
        else if (bits == 8) pair8(w, groupBytes, blockBytes, hasMinimums, from, sums, totals);
        else pair32(w, K, from, totals);
        memory.copy(to, totals, wide);
        memory.copy(to + stride, totals + 64, wide);
        to += stride << 1;
      } else {
        const sums = from + rowBytes;
        if (bits == 4) single4(w, groupBytes, blockBytes, from, sums, totals);
        else if (bits == 8) single8(w, groupBytes, blockBytes, hasMinimums, from, sums, totals);
        else single32(w, K, from, totals);
        memory.copy(to, totals, wide);
      }
    }
  }
}

/** What a nibble is multiplied with: it is taken by a mask, not shifted down, so its value is 16^j times too large. Powers of two are exact. The last one is shifted. */
const NIBBLES = memory.data<f32>([
  1, 0.0625, 0.00390625, 0.000244140625, 1.52587890625e-5, 9.5367431640625e-7, 5.9604644775390625e-8, 1,
]);

/** One row `[K]` as it is, or two side by side `[K][2]`; for nibbles with their factors. */
function spread(x: usize, to: usize, rows: i32, rowBytes: usize, forNibbles: bool): void {
  const ones = f32x4.splat(1);
  const even = forNibbles ? v128.load(NIBBLES) : ones;
  const odd = forNibbles ? v128.load(NIBBLES, 16) : ones;
  for (const end = x + rowBytes; x < end; x += 32) {
    const a = f32x4.mul(v128.load(x), even);
    const b = f32x4.mul(v128.load(x, 16), odd);
    if (rows == 1) {
      v128.store(to, a);
      v128.store(to, b, 16);
      to += 32;
    } else {
      const c = f32x4.mul(v128.load(x + rowBytes), even);
      const d = f32x4.mul(v128.load(x + rowBytes, 16), odd);
      v128.store(to, v128.shuffle<f32>(a, c, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(a, c, 2, 6, 3, 7), 16);
      v128.store(to, v128.shuffle<f32>(b, d, 0, 4, 1, 5), 32);
      v128.store(to, v128.shuffle<f32>(b, d, 2, 6, 3, 7), 48);
      to += 64;
    }
  }
}

/** Sum of each block of `x` `[K]`, to every `rows`-th place. Minimums are multiplied by these. */
function blockSums(x: usize, to: usize, rows: i32, K: i32, blockSize: i32): void {
  const step = (<usize>rows) << 2;
  for (const end = x + ((<usize>K) << 2); x < end; to += step) {
    let sums = f32x4.splat(0);
    for (const block = x + ((<usize>blockSize) << 2); x < block; x += 16) sums = f32x4.add(sums, v128.load(x));
    store<f32>(to, sumOf(sums));
  }
}
