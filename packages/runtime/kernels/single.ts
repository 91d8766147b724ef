/** One row times a group of sixteen rows of a matrix, to `totals` `[16]`, which are zero before (but for float32). Layout of the group: `blocks.ts`. */
import { fold, last, masked, MASKS, MASKS_END, signed4 } from "./blocks";
import { madd } from "./micro";

/** `x` `[K]` spread for nibbles, `xs` the sums of its blocks. */
export function single4(w: usize, groupBytes: usize, blockBytes: usize, x: usize, xs: usize, totals: usize): void {
  for (const end = w + groupBytes; w < end; w += 128) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (const block = w + blockBytes; w < block; w += 64) {
      for (let at = MASKS; at < MASKS_END; at += 16) {
        const mask = v128.load(at);
        const xk = v128.load32_splat(x);
        s0 = madd(s0, xk, masked(v128.load(w), mask));
        s1 = madd(s1, xk, masked(v128.load(w, 16), mask));
        s2 = madd(s2, xk, masked(v128.load(w, 32), mask));
        s3 = madd(s3, xk, masked(v128.load(w, 48), mask));
        x += 4;
      }
      const xk = v128.load32_splat(x);
      s0 = madd(s0, xk, last(v128.load(w)));
      s1 = madd(s1, xk, last(v128.load(w, 16)));
      s2 = madd(s2, xk, last(v128.load(w, 32)));
      s3 = madd(s3, xk, last(v128.load(w, 48)));
      x += 4;
    }
    const xb = v128.load32_splat(xs);
    fold(totals, s0, w, xb, true);
    fold(totals + 16, s1, w + 16, xb, true);
    fold(totals + 32, s2, w + 32, xb, true);
    fold(totals + 48, s3, w + 48, xb, true);
    xs += 4;
  }
}

/** `x` `[K]`, `xs` the sums of its blocks. */
export function single8(
  w: usize,
  groupBytes: usize,
  blockBytes: usize,
  hasMinimums: bool,
  x: usize,
  xs: usize,
  totals: usize,
): void {
  const factors: usize = hasMinimums ? 128 : 64;
  for (const end = w + groupBytes; w < end; w += factors) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (const block = w + blockBytes; w < block; w += 16) {
      const xk = v128.load32_splat(x);
      s0 = madd(s0, xk, signed4(w));
      s1 = madd(s1, xk, signed4(w + 4));
      s2 = madd(s2, xk, signed4(w + 8));
      s3 = madd(s3, xk, signed4(w + 12));
      x += 4;
    }
    const xb = v128.load32_splat(xs);
    fold(totals, s0, w, xb, hasMinimums);
    fold(totals + 16, s1, w + 16, xb, hasMinimums);
    fold(totals + 32, s2, w + 32, xb, hasMinimums);
    fold(totals + 48, s3, w + 48, xb, hasMinimums);
    xs += 4;
  }
}

export function single32(w: usize, K: i32, x: usize, totals: usize): void {
  const tileBytes = (<usize>K) << 4;
  const w1 = w + tileBytes;
  const w2 = w1 + tileBytes;
  const w3 = w2 + tileBytes;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let at: usize = 0; at < tileBytes; at += 16) {
    const xk = v128.load32_splat(x);
    s0 = madd(s0, xk, v128.load(w + at));
    s1 = madd(s1, xk, v128.load(w1 + at));
    s2 = madd(s2, xk, v128.load(w2 + at));
    s3 = madd(s3, xk, v128.load(w3 + at));
    x += 4;
  }
  v128.store(totals, s0);
  v128.store(totals, s1, 16);
  v128.store(totals, s2, 32);
  v128.store(totals, s3, 48);
}
