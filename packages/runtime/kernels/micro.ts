/**
 * The inner product that everything with several rows is made of: four rows of `x` times eight columns, `y[r][c] = sum over k of x[k][r] * w[k][c]`,
 * from packed operands. Eight sums hide the latency of an addition and leave V8 enough of the sixteen vector registers of x86; with twelve it spills.
 */

/** `sum + x * w`; where the browser has relaxed SIMD, which has a module of its own, in the processor's one fused instruction. */
export function madd(sum: v128, x: v128, w: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, w, sum);
  return f32x4.add(sum, f32x4.mul(x, w));
}

/**
 * `x` float32 row-major, rows `stride` bytes apart → groups of four rows, each `[length][4]`, what is missing in the last one zero. Rows are
 * multiplied by `scale`.
 */
export function packRows(x: usize, stride: usize, rows: i32, length: i32, packed: usize, scale: f32): void {
  const groupBytes = (<usize>length) << 4;
  for (; rows >= 4; rows -= 4) {
    pack4(x, stride, length, packed, scale);
    x += stride << 2;
    packed += groupBytes;
  }
  if (rows == 0) return;
  memory.fill(packed, 0, groupBytes);
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < groupBytes; at += 16) {
      store<f32>(packed + at, load<f32>(x + (at >> 2)) * scale);
    }
    x += stride;
    packed += 4;
  }
}

/** Four rows, four values of each at a time. */
function pack4(x: usize, stride: usize, length: i32, packed: usize, scale: f32): void {
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
}

/**
 * Eight columns of all rows, or the first four of them: `w` two tiles `[length][4]`, `tileBytes` apart, `x` packed by `packRows`, `y` the columns' place in the
 * first row, rows `stride` bytes apart. Every sum has its terms in the order of `length`.
 */
export function product(
  w: usize,
  tileBytes: usize,
  columns: i32,
  x: usize,
  rows: i32,
  length: i32,
  y: usize,
  stride: usize,
): void {
  for (; rows > 0; rows -= 4) {
    rows4(w, tileBytes, columns, x, rows, length, y, stride);
    x += (<usize>length) << 4;
    y += stride << 2;
  }
}

function rows4(
  w: usize,
  tileBytes: usize,
  columns: i32,
  x: usize,
  rows: i32,
  length: i32,
  y: usize,
  stride: usize,
): void {
  let s0 = f32x4.splat(0);
  let t0 = s0;
  let s1 = s0;
  let t1 = s0;
  let s2 = s0;
  let t2 = s0;
  let s3 = s0;
  let t3 = s0;
  for (const end = w + ((<usize>length) << 4); w < end; w += 16) {
    const b = v128.load(w);
    const c = v128.load(w + tileBytes);
    let xk = v128.load32_splat(x);
    s0 = madd(s0, xk, b);
    t0 = madd(t0, xk, c);
    xk = v128.load32_splat(x, 4);
    s1 = madd(s1, xk, b);
    t1 = madd(t1, xk, c);
    xk = v128.load32_splat(x, 8);
    s2 = madd(s2, xk, b);
    t2 = madd(t2, xk, c);
    xk = v128.load32_splat(x, 12);
    s3 = madd(s3, xk, b);
    t3 = madd(t3, xk, c);
    x += 16;
  }
  const both = columns > 4;
  v128.store(y, s0);
  if (both) v128.store(y, t0, 16);
  if (rows < 2) return;
  y += stride;
  v128.store(y, s1);
  if (both) v128.store(y, t1, 16);
  if (rows < 3) return;
  y += stride;
  v128.store(y, s2);
  if (both) v128.store(y, t2, 16);
  if (rows < 4) return;
  y += stride;
  v128.store(y, s3);
  if (both) v128.store(y, t3, 16);
}
