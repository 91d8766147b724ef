/**
 * Layout of a matrix `[N, K]`: groups of sixteen of its rows, in them blocks of `blockSize` along K. A vector holds four rows of the group, so
 * sums need no folding and one splat of `x` serves sixteen rows.
 *
 *  4 bits: per eight values of k four vectors; lane r of vector v has the nibbles of row 4v + r, lowest first. Then scales and minimums, 16 each.
 *  8 bits: per value of k sixteen signed bytes, a row each. Then 16 scales, then 16 minimums if any.
 *  float32: no blocks, but per group four tiles `[K][4]`, of four rows each.
 *
 * `w = scale * q + minimum`.
 */
import { madd } from "./micro";

/** Bytes of the quantised values of a group's block; its scales and minimums follow. */
export function blockBytesOf(bits: i32, blockSize: i32): usize {
  return (<usize>(blockSize * bits)) << 1;
}

/** Bytes of a group of sixteen rows. */
export function groupBytesOf(bits: i32, blockSize: i32, hasMinimums: bool, K: i32): usize {
  if (bits == 32) return (<usize>K) << 6;
  return (blockBytesOf(bits, blockSize) + (hasMinimums ? 128 : 64)) * (K / blockSize);
}

/** Of nibbles 0 to 6, in memory, as V8 builds a constant vector anew at each use. */
export const MASKS = memory.data<u32>([
  0xf, 0xf, 0xf, 0xf, 0xf0, 0xf0, 0xf0, 0xf0, 0xf00, 0xf00, 0xf00, 0xf00, 0xf000, 0xf000, 0xf000, 0xf000, 0xf0000,
  0xf0000, 0xf0000, 0xf0000, 0xf00000, 0xf00000, 0xf00000, 0xf00000, 0xf000000, 0xf000000, 0xf000000, 0xf000000,
]);
export const MASKS_END = MASKS + 112;

/** Four nibbles, times 16^j where `mask` is that of nibble j. Of the first seven only, as the last would come out signed. */
export function masked(w: v128, mask: v128): v128 {
  return f32x4.convert_i32x4_s(v128.and(w, mask));
}

/** The last nibble, as it is. */
export function last(w: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.shr_u(w, 28));
}

/** Four bytes, of four rows. */
export function bytes4(at: usize): v128 {
  return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(at)));
}

/** The same in float32. */
export function signed4(at: usize): v128 {
  return f32x4.convert_i32x4_s(bytes4(at));
}

/** `total += sum * scale + x * minimum`, in place: four rows of a block. */
export function fold(total: usize, sum: v128, scales: usize, xs: v128, hasMinimums: bool): void {
  let a = madd(v128.load(total), sum, v128.load(scales));
  if (hasMinimums) a = madd(a, xs, v128.load(scales, 64));
  v128.store(total, a);
}
