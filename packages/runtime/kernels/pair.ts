/** Two rows times a group of sixteen rows of a matrix, to `totals` `[2][16]`: what `single.ts` does, with every weight unpacked once for both. Folds are written out: a function for a group's four was not inlined, and cost pairs 5 to 8 %. */
import { fold, last, masked, MASKS, MASKS_END, signed4 } from "./blocks";
import { madd } from "./micro";

/** `x` `[K][2]` spread for nibbles, `xs` `[K / blockSize][2]`. */
export function pair4(w: usize, groupBytes: usize, blockBytes: usize, x: usize, xs: usize, totals: usize): void {
  for (const end = w + groupBytes; w < end; w += 128) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let t0 = s0;
    let t1 = s0;
    let t2 = s0;
    let t3 = s0;
    for (const block = w + blockBytes; w < block; w += 64) {
      for (let at = MASKS; at < MASKS_END; at += 16) {
        const mask = v128.load(at);
        const xk = v128.load32_splat(x);
        const xl = v128.load32_splat(x, 4);
        let c = masked(v128.load(w), mask);
        s0 = madd(s0, xk, c);
        t0 = madd(t0, xl, c);
        c = masked(v128.load(w, 16), mask);
        s1 = madd(s1, xk, c);
        t1 = madd(t1, xl, c);
        c = masked(v128.load(w, 32), mask);
        s2 = madd(s2, xk, c);
        t2 = madd(t2, xl, c);
        c = masked(v128.load(w, 48), mask);
        s3 = madd(s3, xk, c);
        t3 = madd(t3, xl, c);
        x += 8;
      }
      const xk = v128.load32_splat(x);
      const xl = v128.load32_splat(x, 4);
      let c = last(v128.load(w));
      s0 = madd(s0, xk, c);
      t0 = madd(t0, xl, c);
      c = last(v128.load(w, 16));
      s1 = madd(s1, xk, c);
      t1 = madd(t1, xl, c);
      c = last(v128.load(w, 32));
      s2 = madd(s2, xk, c);
      t2 = madd(t2, xl, c);
      c = last(v128.load(w, 48));
      s3 = madd(s3, xk, c);
      t3 = madd(t3, xl, c);
      x += 8;
    }
    let xb = v128.load32_splat(xs);
    fold(totals, s0, w, xb, true);
    fold(totals + 16, s1, w + 16, xb, true);
    fold(totals + 32, s2, w + 32, xb, true);
    fold(totals + 48, s3, w + 48, xb, true);
    xb = v128.load32_splat(xs, 4);
    fold(totals + 64, t0, w, xb, true);
    fold(totals + 80, t1, w + 16, xb, true);
    fold(totals + 96, t2, w + 32, xb, true);
    fold(totals + 112, t3, w + 48, xb, true);
    xs += 8;
  }
}

/** `x` `[K][2]`, `xs` `[K / blockSize][2]`. */
export function pair8(
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
    let t0 = s0;
    let t1 = s0;
    let t2 = s0;
    let t3 = s0;
    for (const block = w + blockBytes; w < block; w += 16) {
      const xk = v128.load32_splat(x);
      const xl = v128.load32_splat(x, 4);
      let c = signed4(w);
      s0 = madd(s0, xk, c);
      t0 = madd(t0, xl, c);
      c = signed4(w + 4);
      s1 = madd(s1, xk, c);
      t1 = madd(t1, xl, c);
      c = signed4(w + 8);
      s2 = madd(s2, xk, c);
      t2 = madd(t2, xl, c);
      c = signed4(w + 12);
      s3 = madd(s3, xk, c);
      t3 = madd(t3, xl, c);
      x += 8;
    }
    let xb = v128.load32_splat(xs);
    fold(totals, s0, w, xb, hasMinimums);
    fold(totals + 16, s1, w + 16, xb, hasMinimums);
    fold(totals + 32, s2, w + 32, xb, hasMinimums);
    fold(totals + 48, s3, w + 48, xb, hasMinimums);
    xb = v128.load32_splat(xs, 4);
    fold(totals + 64, t0, w, xb, hasMinimums);
    fold(totals + 80, t1, w + 16, xb, hasMinimums);
    fold(totals + 96, t2, w + 32, xb, hasMinimums);
    fold(totals + 112, t3, w + 48, xb, hasMinimums);
    xs += 8;
  }
}

export function pair32(w: usize, K: i32, x: usize, totals: usize): void {
  const tileBytes = (<usize>K) << 4;
  const w1 = w + tileBytes;
  const w2 = w1 + tileBytes;
  const w3 = w2 + tileBytes;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t0 = s0;
  let t1 = s0;
  let t2 = s0;
  let t3 = s0;
  for (let at: usize = 0; at < tileBytes; at += 16) {
    const xk = v128.load32_splat(x);
    const xl = v128.load32_splat(x, 4);
    let c = v128.load(w + at);
    s0 = madd(s0, xk, c);
    t0 = madd(t0, xl, c);
    c = v128.load(w1 + at);
    s1 = madd(s1, xk, c);
    t1 = madd(t1, xl, c);
    c = v128.load(w2 + at);
    s2 = madd(s2, xk, c);
    t2 = madd(t2, xl, c);
    c = v128.load(w3 + at);
    s3 = madd(s3, xk, c);
    t3 = madd(t3, xl, c);
    x += 8;
  }
  v128.store(totals, s0);
  v128.store(totals, s1, 16);
  v128.store(totals, s2, 32);
  v128.store(totals, s3, 48);
  v128.store(totals, t0, 64);
  v128.store(totals, t1, 80);
  v128.store(totals, t2, 96);
  v128.store(totals, t3, 112);
}
