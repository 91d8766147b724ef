/** Several rows of activations times a matrix: sixteen rows of it are unpacked at a time, to the very float32 values, and then serve all rows. */
import { productOf4 } from "./micro";

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
    for (const end = min(n + 16, N); n < end; n += 4) {
      productOf4(tile, x, T, K, y + ((<usize>n) << 2), stride);
      tile += tileBytes;
    }
  }
}

/** One group's blocks → tiles `[4][K][4]`; returns the next group's place. */
function unpack4(w: usize, K: i32, blockSize: i32, tiles: usize): usize {
  const blockBytes = (<usize>blockSize) << 3;
  const tileBytes = (<usize>K) << 4;
  const low = i32x4.splat(15);
  for (let k = 0; k < K; k += blockSize) {
    for (let v: usize = 0; v < 4; v++) {
      const scale = v128.load(w + blockBytes + (v << 4));
      const minimum = v128.load(w + blockBytes + (v << 4), 64);
      let to = tiles + v * tileBytes + ((<usize>k) << 4);
      for (let from = w + (v << 4), end = from + blockBytes; from < end; from += 64) {
        let q = v128.load(from);
        for (let j = 0; j < 8; j++) {
          const value = f32x4.convert_i32x4_s(v128.and(q, low));
          v128.store(to, f32x4.add(f32x4.mul(value, scale), minimum));
          q = i32x4.shr_u(q, 4);
          to += 16;
        }
      }
    }
    w += blockBytes + 128;
  }
  return w;
}

function unpack8(w: usize, K: i32, blockSize: i32, hasMinimums: bool, tiles: usize): usize {
  const blockBytes = (<usize>blockSize) << 4;
  const tileBytes = (<usize>K) << 4;
  for (let k = 0; k < K; k += blockSize) {
    for (let v: usize = 0; v < 4; v++) {
      const scale = v128.load(w + blockBytes + (v << 4));
      const minimum = hasMinimums ? v128.load(w + blockBytes + (v << 4), 64) : f32x4.splat(0);
      let to = tiles + v * tileBytes + ((<usize>k) << 4);
      for (let from = w + (v << 4), end = from + blockBytes; from < end; from += 64) {
        const low = v128.load_ext<i8>(from);
        const high = v128.load_ext<i8>(from, 8);
        store8(to, i32x4.extend_low_i16x8_s(low), scale, minimum);
        store8(to + 16, i32x4.extend_high_i16x8_s(low), scale, minimum);
        store8(to + 32, i32x4.extend_low_i16x8_s(high), scale, minimum);
        store8(to + 48, i32x4.extend_high_i16x8_s(high), scale, minimum);
        to += 64;
      }
    }
    w += blockBytes + (hasMinimums ? 128 : 64);
  }
  return w;
}

function store8(to: usize, q: v128, scale: v128, minimum: v128): void {
  v128.store(to, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(q), scale), minimum));
}
