/** Many rows of activations times a matrix: sixteen rows of it are unpacked at a time, to the very float32 values, and then serve all rows. */
import { product } from "./micro";
import { blockBytesOf, bytes4 } from "./blocks";

/**
 * `y` `[T, N]` = x W^T, `x` packed by `packRows`. `bits` 4, 8 or 32 (float32, which lies as tiles do: groups of sixteen rows, `[4][K][4]` each).
 * N must be a multiple of 4. `scratch`: 16 K floats, unless `bits` is 32.
 */
export function gemm(
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
  const stride = (<usize>N) << 2;
  const tileBytes = (<usize>K) << 4;
  for (let n = 0; n < N;) {
    let tile = scratch;
    if (bits == 4) w = unpack4(w, K, blockSize, scratch);
    else if (bits == 8) w = unpack8(w, K, blockSize, hasMinimums, scratch);
    else {
      tile = w;
      w += tileBytes << 2;
    }
    for (const end = min(n + 16, N); n < end; n += 8) {
      product(tile, tileBytes, end - n, x, T, K, y + ((<usize>n) << 2), stride);
      tile += tileBytes << 1;
    }
  }
}

/** One group's blocks → tiles `[4][K][4]`; returns the next group's place. */
function unpack4(w: usize, K: i32, blockSize: i32, tiles: usize): usize {
  const blockBytes = blockBytesOf(4, blockSize);
  const tileBytes = (<usize>K) << 4;
  const low = i32x4.splat(15);
  for (let k = 0; k < K; k += blockSize) {
    for (let v: usize = 0; v < 4; v++) {
      const scale = v128.load(w + blockBytes + (v << 4));
      const minimum = v128.load(w + blockBytes + (v << 4), 64);
      let to = tiles + v * tileBytes + ((<usize>k) << 4);
      for (let from = w + (v << 4), end = from + blockBytes; from < end; from += 64) {
        const q = v128.load(from);
        put(to, v128.and(q, low), scale, minimum);
        put(to + 16, v128.and(i32x4.shr_u(q, 4), low), scale, minimum);
        put(to + 32, v128.and(i32x4.shr_u(q, 8), low), scale, minimum);
        put(to + 48, v128.and(i32x4.shr_u(q, 12), low), scale, minimum);
        put(to + 64, v128.and(i32x4.shr_u(q, 16), low), scale, minimum);
        put(to + 80, v128.and(i32x4.shr_u(q, 20), low), scale, minimum);
        put(to + 96, v128.and(i32x4.shr_u(q, 24), low), scale, minimum);
        put(to + 112, i32x4.shr_u(q, 28), scale, minimum);
        to += 128;
      }
    }
    w += blockBytes + 128;
  }
  return w;
}

function unpack8(w: usize, K: i32, blockSize: i32, hasMinimums: bool, tiles: usize): usize {
  const blockBytes = blockBytesOf(8, blockSize);
  const tileBytes = (<usize>K) << 4;
  for (let k = 0; k < K; k += blockSize) {
    for (let v: usize = 0; v < 4; v++) {
      const scale = v128.load(w + blockBytes + (v << 4));
      const minimum = hasMinimums ? v128.load(w + blockBytes + (v << 4), 64) : f32x4.splat(0);
      let to = tiles + v * tileBytes + ((<usize>k) << 4);
      for (let from = w + (v << 2), end = from + blockBytes; from < end; from += 64) {
        put(to, bytes4(from), scale, minimum);
        put(to + 16, bytes4(from + 16), scale, minimum);
        put(to + 32, bytes4(from + 32), scale, minimum);
        put(to + 48, bytes4(from + 48), scale, minimum);
        to += 64;
      }
    }
    w += blockBytes + (hasMinimums ? 128 : 64);
  }
  return w;
}

function put(to: usize, q: v128, scale: v128, minimum: v128): void {
  v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(q), scale), minimum));
}
