/**
 * The inner product that everything with several rows is made of: `y[r][c] = sum over k of x[k][r] * w[k][c]` for R rows and four columns, from
 * packed operands. R of 4, 2 and 1 leave V8 enough of the sixteen vector registers of x86; with 8 it spills, and is slower.
 */

/** `sum + x * w`. The fused instruction of relaxed SIMD is no faster here: its latency is twice an addition's, and sums are too few to hide it. */
export function madd(sum: v128, x: v128, w: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, w));
}

/**
 * `x` float32 row-major, rows `stride` bytes apart → packed: groups of 4, 2 and 1 rows, each `[length][rows of the group]`. Rows are
 * multiplied by `scale`.
 */
export function packRows(x: usize, stride: usize, rows: i32, length: i32, packed: usize, scale: f32): void {
  let left = rows;
  while (left > 0) {
    const R = left >= 4 ? 4 : left >= 2 ? 2 : 1;
    const k = R == 4 ? pack4(x, stride, length & ~3, packed, scale) : 0;
    for (let r = 0; r < R; r++) {
      let to = packed + ((<usize>(k * R + r)) << 2);
      for (let i = k; i < length; i++) {
        store<f32>(to, load<f32>(x + ((<usize>i) << 2)) * scale);
        to += (<usize>R) << 2;
      }
      x += stride;
    }
    packed += (<usize>(R * length)) << 2;
    left -= R;
  }
}

/** Four rows, four values of each at a time; returns `length`. */
function pack4(x: usize, stride: usize, length: i32, packed: usize, scale: f32): i32 {
  const factor = f32x4.splat(scale);
  const x1 = x + stride;
  const x2 = x1 + stride;
  const x3 = x2 + stride;
  for (let at: usize = 0, end = (<usize>length) << 2; at < end; at += 16) {
    const a = f32x4.mul(v128.load(x + at), factor);
    const b = f32x4.mul(v128.load(x1 + at), factor);
    const c = f32x4.mul(v128.load(x2 + at), factor);
    const d = f32x4.mul(v128.load(x3 + at), factor);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(packed, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
    v128.store(packed, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 16);
    v128.store(packed, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5), 32);
    v128.store(packed, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7), 48);
    packed += 64;
  }
  return length;
}

/** Four columns of all rows: `w` `[length][4]`, `x` packed by `packRows`, `y` the columns' place in the first row, rows `stride` bytes apart. */
export function productOf4(w: usize, x: usize, rows: i32, length: i32, y: usize, stride: usize): void {
  let left = rows;
  while (left >= 4) {
    rows4(w, x, length, y, stride);
    x += (<usize>length) << 4;
    y += stride << 2;
    left -= 4;
  }
  if (left >= 2) {
    rows2(w, x, length, y, stride);
    x += (<usize>length) << 3;
    y += stride << 1;
    left -= 2;
  }
  if (left > 0) v128.store(y, rows1(w, x, length));
}

function rows4(w: usize, x: usize, length: i32, y: usize, stride: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (const end = w + ((<usize>(length & ~1)) << 4); w < end; w += 32) {
    let b = v128.load(w);
    s0 = madd(s0, v128.load32_splat(x), b);
    s1 = madd(s1, v128.load32_splat(x, 4), b);
    s2 = madd(s2, v128.load32_splat(x, 8), b);
    s3 = madd(s3, v128.load32_splat(x, 12), b);
    b = v128.load(w, 16);
    s0 = madd(s0, v128.load32_splat(x, 16), b);
    s1 = madd(s1, v128.load32_splat(x, 20), b);
    s2 = madd(s2, v128.load32_splat(x, 24), b);
    s3 = madd(s3, v128.load32_splat(x, 28), b);
    x += 32;
  }
  if (length & 1) {
    const b = v128.load(w);
    s0 = madd(s0, v128.load32_splat(x), b);
    s1 = madd(s1, v128.load32_splat(x, 4), b);
    s2 = madd(s2, v128.load32_splat(x, 8), b);
    s3 = madd(s3, v128.load32_splat(x, 12), b);
  }
  v128.store(y, s0);
  v128.store((y += stride), s1);
  v128.store((y += stride), s2);
  v128.store(y + stride, s3);
}

/** Two sums a row, as one addition after the other would wait for its predecessor. */
function rows2(w: usize, x: usize, length: i32, y: usize, stride: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let t0 = s0;
  let t1 = s0;
  for (const end = w + ((<usize>(length & ~1)) << 4); w < end; w += 32) {
    let b = v128.load(w);
    s0 = madd(s0, v128.load32_splat(x), b);
    s1 = madd(s1, v128.load32_splat(x, 4), b);
    b = v128.load(w, 16);
    t0 = madd(t0, v128.load32_splat(x, 8), b);
    t1 = madd(t1, v128.load32_splat(x, 12), b);
    x += 16;
  }
  if (length & 1) {
    const b = v128.load(w);
    s0 = madd(s0, v128.load32_splat(x), b);
    s1 = madd(s1, v128.load32_splat(x, 4), b);
  }
  v128.store(y, f32x4.add(s0, t0));
  v128.store(y + stride, f32x4.add(s1, t1));
}

function rows1(w: usize, x: usize, length: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (const end = w + ((<usize>(length & ~3)) << 4); w < end; w += 64) {
    s0 = madd(s0, v128.load32_splat(x), v128.load(w));
    s1 = madd(s1, v128.load32_splat(x, 4), v128.load(w, 16));
    s2 = madd(s2, v128.load32_splat(x, 8), v128.load(w, 32));
    s3 = madd(s3, v128.load32_splat(x, 12), v128.load(w, 48));
    x += 16;
  }
  for (let left = length & 3; left > 0; left--) {
    s0 = madd(s0, v128.load32_splat(x), v128.load(w));
    w += 16;
    x += 4;
  }
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}
