/**
 * Attention over a cache in tiles. Keys of one kv head lie as `[capacity / 4][E][4]`: four slots side by side; values as `[E / 4][capacity][4]`:
 * four components side by side. Both products then read tiles of `[length][4]`, as matrix products do, two at a time: capacities are multiples of 8, and what was never
 * written is zero.
 */
import { exp4 } from "./exp";
import { packRows, product } from "./micro";
import { maxOf, sumOf } from "./rows";

/** Query rows of one kv head that share a pass over the cache. */
const ROWS = 64;

/** Floats that `attend` needs as scratch. */
export function attentionScratch(total: i32, E: i32): i32 {
  return ROWS * (2 * padded(total) + 2 * E + 1);
}

/** Puts `k` and `v` `[T, heads, E]` into slots `base` … `base + T - 1`. */
export function appendCache(
  k: usize,
  v: usize,
  keys: usize,
  values: usize,
  T: i32,
  base: i32,
  heads: i32,
  E: i32,
  capacity: i32,
): void {
  const headBytes = (<usize>(capacity * E)) << 2;
  for (let t = 0; t < T; t++) {
    const slot = base + t;
    for (let head = 0; head < heads; head++) {
      let toKey = keys + head * headBytes + ((<usize>((slot >> 2) * E * 4 + (slot & 3))) << 2);
      let toValue = values + head * headBytes + ((<usize>slot) << 4);
      for (let e = 0; e < E; e += 4) {
        store<f32>(toKey, load<f32>(k));
        store<f32>(toKey, load<f32>(k, 4), 16);
        store<f32>(toKey, load<f32>(k, 8), 32);
        store<f32>(toKey, load<f32>(k, 12), 48);
        v128.store(toValue, v128.load(v));
        toKey += 64;
        toValue += (<usize>capacity) << 4;
        k += 16;
        v += 16;
      }
    }
  }
}

/**
 * `out` `[T, H, E]` = softmax(q keys / sqrt(E) + bias) values over slots 0 … total - 1, for rotated queries `q` `[T, H, E]` and `bias` `[T, total]`.
 * Heads of H share K kv heads evenly.
 */
export function attend(
  q: usize,
  keys: usize,
  values: usize,
  bias: usize,
  out: usize,
  T: i32,
  total: i32,
  H: i32,
  K: i32,
  E: i32,
  capacity: i32,
  scratch: usize,
): void {
  const shared = H / K;
  const width = padded(total);
  const stride = (<usize>width) << 2;
  const rowBytes = (<usize>E) << 2;
  const headBytes = (<usize>(capacity * E)) << 2;
  const scores = scratch;
  const packed = scores + ROWS * stride;
  const rows = packed + ROWS * stride;
  const packedRows = rows + ROWS * rowBytes;
  const inverses = packedRows + ROWS * rowBytes;
  const scale = <f32>1 / sqrt<f32>(<f32>E);
  for (let head = 0; head < K; head++) {
    for (let first = 0; first < T * shared; first += ROWS) {
      const count = min(ROWS, T * shared - first);
      for (let i = 0; i < count; i++) {
        memory.copy(rows + i * rowBytes, rowOf(q, first + i, head, shared, H, rowBytes), rowBytes);
      }
      packRows(rows, rowBytes, count, E, packedRows, scale);
      for (let s = 0; s < width; s += 8) {
        const tiles = keys + ((<usize>(s * E)) << 2);
        product(tiles, (<usize>E) << 4, 8, packedRows, count, E, scores + ((<usize>s) << 2), stride);
      }
      for (let i = 0; i < count; i++) {
        const sum = softmax(scores + i * stride, bias + ((<usize>(((first + i) / shared) * total)) << 2), total);
        store<f32>(inverses + ((<usize>i) << 2), <f32>1 / sum);
      }
      packRows(scores, stride, count, width, packed, 1);
      for (let e = 0; e < E; e += 8) {
        const tiles = values + ((<usize>(e * capacity)) << 2);
        product(tiles, (<usize>capacity) << 4, 8, packed, count, width, rows + ((<usize>e) << 2), rowBytes);
      }
      for (let i = 0; i < count; i++) {
        const inverse = f32x4.splat(load<f32>(inverses + ((<usize>i) << 2)));
        const from = rows + i * rowBytes;
        const to = rowOf(out, first + i, head, shared, H, rowBytes);
        for (let at: usize = 0; at < rowBytes; at += 16) v128.store(to + at, f32x4.mul(v128.load(from + at), inverse));
      }
    }
    keys += headBytes;
    values += headBytes;
  }
}

/** Of the rows of one kv head, `shared` for every token, the `i`-th. */
function rowOf(x: usize, i: i32, head: i32, shared: i32, H: i32, rowBytes: usize): usize {
  return x + <usize>((i / shared) * H + head * shared + (i % shared)) * rowBytes;
}

/**
 * In place, but for the division by the sum, which it returns. What lies behind `total`, up to the next multiple of 8, becomes zero, as does what the bias hides:
 * a row's sums are the same however many hidden slots follow.
 */
function softmax(scores: usize, bias: usize, total: i32): f32 {
  const whole = (<usize>(total & ~3)) << 2;
  const end = (<usize>total) << 2;
  let top = f32x4.splat(-f32.MAX_VALUE);
  for (let at: usize = 0; at < whole; at += 16) {
    const sum = f32x4.add(v128.load(scores + at), v128.load(bias + at));
    v128.store(scores + at, sum);
    top = f32x4.max(top, sum);
  }
  let best = maxOf(top);
  for (let at = whole; at < end; at += 4) {
    const sum = load<f32>(scores + at) + load<f32>(bias + at);
    store<f32>(scores + at, sum);
    best = max(best, sum);
  }
  const width = (<usize>padded(total)) << 2;
  for (let at = end; at < width; at += 4) store<f32>(scores + at, -f32.MAX_VALUE);
  const shift = f32x4.splat(best);
  let sums = f32x4.splat(0);
  for (let at: usize = 0; at < width; at += 16) {
    const e = exp4(f32x4.sub(v128.load(scores + at), shift));
    v128.store(scores + at, e);
    sums = f32x4.add(sums, e);
  }
  return sumOf(sums);
}

function padded(total: i32): i32 {
  return (total + 7) & ~7;
}
