/**
 * One row of activations times a matrix in blocks: bound by memory and by unpacking, so every weight is unpacked in registers where it is used.
 *
 * Layout of a matrix `[N, K]`: groups of sixteen of its rows, in them blocks of `blockSize` along K. A vector holds four rows of the group, so
 * sums need no folding and one splat of `x` serves sixteen rows.
 *
 *  4 bits: per eight values of k four vectors; lane r of vector v has the nibbles of row 4v + r, lowest first. Then scales and minimums, 16 each.
 *  8 bits: per four values of k four vectors; bytes of vector v go k by k, rows 4v … 4v + 3 of each. Then 16 scales, then 16 minimums if any.
 *
 * `w = scale * q + minimum`. Minimums are summed apart: `minimum * (sum of x over the block)`.
 */
import { madd } from "./micro";

/** `y` `[16 * groups]` = W x. `scratch`: (K + K / blockSize) floats. */
export function gemv4(w: usize, x: usize, y: usize, groups: i32, K: i32, blockSize: i32, scratch: usize): void {
  const sums = scratch + ((<usize>K) << 2);
  blockSums(x, sums, K, blockSize);
  // A nibble is taken by a mask, not shifted down: its value is 16^j times too large, which x makes good. Powers of two are exact.
  for (let k = 0; k < K; k++) {
    const j = k & 7;
    const scale: f32 = j == 7 ? 1 : reinterpret<f32>((127 - 4 * j) << 23);
    store<f32>(scratch + ((<usize>k) << 2), load<f32>(x + ((<usize>k) << 2)) * scale);
  }
  const blockBytes = (<usize>blockSize) << 3;
  for (const end = y + ((<usize>groups) << 6); y < end; y += 64) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let px = scratch;
    for (let sum = sums, last = sums + ((<usize>(K / blockSize)) << 2); sum < last; sum += 4) {
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (const block = w + blockBytes; w < block; w += 64) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        let m = load128(MASKS);
        let xk = v128.load32_splat(px);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        m = load128(MASKS + 16);
        xk = v128.load32_splat(px, 4);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        m = load128(MASKS + 32);
        xk = v128.load32_splat(px, 8);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        m = load128(MASKS + 48);
        xk = v128.load32_splat(px, 12);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        m = load128(MASKS + 64);
        xk = v128.load32_splat(px, 16);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        m = load128(MASKS + 80);
        xk = v128.load32_splat(px, 20);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        m = load128(MASKS + 96);
        xk = v128.load32_splat(px, 24);
        s0 = madd(s0, xk, masked(w0, m));
        s1 = madd(s1, xk, masked(w1, m));
        s2 = madd(s2, xk, masked(w2, m));
        s3 = madd(s3, xk, masked(w3, m));
        // The top nibble would come out signed.
        xk = v128.load32_splat(px, 28);
        s0 = madd(s0, xk, f32x4.convert_i32x4_s(i32x4.shr_u(w0, 28)));
        s1 = madd(s1, xk, f32x4.convert_i32x4_s(i32x4.shr_u(w1, 28)));
        s2 = madd(s2, xk, f32x4.convert_i32x4_s(i32x4.shr_u(w2, 28)));
        s3 = madd(s3, xk, f32x4.convert_i32x4_s(i32x4.shr_u(w3, 28)));
        px += 32;
      }
      const xs = v128.load32_splat(sum);
      a0 = madd(madd(a0, s0, v128.load(w)), xs, v128.load(w, 64));
      a1 = madd(madd(a1, s1, v128.load(w, 16)), xs, v128.load(w, 80));
      a2 = madd(madd(a2, s2, v128.load(w, 32)), xs, v128.load(w, 96));
      a3 = madd(madd(a3, s3, v128.load(w, 48)), xs, v128.load(w, 112));
      w += 128;
    }
    v128.store(y, a0);
    v128.store(y, a1, 16);
    v128.store(y, a2, 32);
    v128.store(y, a3, 48);
  }
}

/** The same for 8 bits. `scratch`: K / blockSize floats. */
export function gemv8(
  w: usize,
  x: usize,
  y: usize,
  groups: i32,
  K: i32,
  blockSize: i32,
  hasMinimums: bool,
  scratch: usize,
): void {
  blockSums(x, scratch, K, blockSize);
  const blockBytes = (<usize>blockSize) << 4;
  for (const end = y + ((<usize>groups) << 6); y < end; y += 64) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    let px = x;
    for (let sum = scratch, last = scratch + ((<usize>(K / blockSize)) << 2); sum < last; sum += 4) {
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (const block = w + blockBytes; w < block; w += 64) {
        const x0 = v128.load32_splat(px);
        const x1 = v128.load32_splat(px, 4);
        const x2 = v128.load32_splat(px, 8);
        const x3 = v128.load32_splat(px, 12);
        s0 = add4x4(s0, w, x0, x1, x2, x3);
        s1 = add4x4(s1, w + 16, x0, x1, x2, x3);
        s2 = add4x4(s2, w + 32, x0, x1, x2, x3);
        s3 = add4x4(s3, w + 48, x0, x1, x2, x3);
        px += 16;
      }
      a0 = madd(a0, s0, v128.load(w));
      a1 = madd(a1, s1, v128.load(w, 16));
      a2 = madd(a2, s2, v128.load(w, 32));
      a3 = madd(a3, s3, v128.load(w, 48));
      w += 64;
      if (hasMinimums) {
        const xs = v128.load32_splat(sum);
        a0 = madd(a0, xs, v128.load(w));
        a1 = madd(a1, xs, v128.load(w, 16));
        a2 = madd(a2, xs, v128.load(w, 32));
        a3 = madd(a3, xs, v128.load(w, 48));
        w += 64;
      }
    }
    v128.store(y, a0);
    v128.store(y, a1, 16);
    v128.store(y, a2, 32);
    v128.store(y, a3, 48);
  }
}

/** In memory, as V8 builds a constant vector anew at each use. */
const MASKS = memory.data<u32>([
  0xf, 0xf, 0xf, 0xf, 0xf0, 0xf0, 0xf0, 0xf0, 0xf00, 0xf00, 0xf00, 0xf00, 0xf000, 0xf000, 0xf000, 0xf000, 0xf0000,
  0xf0000, 0xf0000, 0xf0000, 0xf00000, 0xf00000, 0xf00000, 0xf00000, 0xf000000, 0xf000000, 0xf000000, 0xf000000,
]);

function load128(at: usize): v128 {
  return v128.load(at);
}

function masked(w: v128, mask: v128): v128 {
  return f32x4.convert_i32x4_s(v128.and(w, mask));
}

/** Four values of k of four rows. */
function add4x4(sum: v128, w: usize, x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  const low = v128.load_ext<i8>(w);
  const high = v128.load_ext<i8>(w, 8);
  sum = madd(sum, x0, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)));
  sum = madd(sum, x1, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)));
  sum = madd(sum, x2, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)));
  return madd(sum, x3, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)));
}

/** Sum of each block of `x` `[K]`. */
function blockSums(x: usize, sums: usize, K: i32, blockSize: i32): void {
  for (const end = x + ((<usize>K) << 2); x < end; sums += 4) {
    let sum: f32 = 0;
    for (const block = x + ((<usize>blockSize) << 2); x < block; x += 4) sum += load<f32>(x);
    store<f32>(sums, sum);
  }
}
