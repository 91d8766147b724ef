/** What happens to rows between the matrix products. Lengths are multiples of 4. */
import { exp4 } from "./exp";
import { madd } from "./micro";

/** `y` `[T, D]` = x / sqrt(mean of squares + epsilon) * gamma. */
export function rmsNorm(x: usize, gamma: usize, y: usize, T: i32, D: i32, epsilon: f32): void {
  const rowBytes = (<usize>D) << 2;
  for (let t = 0; t < T; t++) {
    let squares = f32x4.splat(0);
    for (let at: usize = 0; at < rowBytes; at += 16) {
      const v = v128.load(x + at);
      squares = madd(squares, v, v);
    }
    const scale = f32x4.splat(<f32>1 / sqrt<f32>(sumOf(squares) / <f32>D + epsilon));
    for (let at: usize = 0; at < rowBytes; at += 16) {
      v128.store(y + at, f32x4.mul(f32x4.mul(v128.load(x + at), scale), v128.load(gamma + at)));
    }
    x += rowBytes;
    y += rowBytes;
  }
}

/** Adds `bias` `[N]` to each of T rows. */
export function addBias(y: usize, bias: usize, T: i32, N: i32): void {
  const rowBytes = (<usize>N) << 2;
  for (let t = 0; t < T; t++) {
    add(y, bias, N);
    y += rowBytes;
  }
}

/** `y += x`, `length` values. */
export function add(y: usize, x: usize, length: i32): void {
  for (const end = y + ((<usize>length) << 2); y < end; y += 16) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
    x += 16;
  }
}

/** `gate = gate / (1 + exp(-gate)) * up`, `length` values. */
export function swiGlu(gate: usize, up: usize, length: i32): void {
  const one = f32x4.splat(1);
  for (const end = gate + ((<usize>length) << 2); gate < end; gate += 16) {
    const g = v128.load(gate);
    const silu = f32x4.div(g, f32x4.add(one, exp4(f32x4.neg(g))));
    v128.store(gate, f32x4.mul(silu, v128.load(up)));
    up += 16;
  }
}

/** Rotates halves of each head of `x` `[T, heads, E]` in place; `cos` and `sin` are `[T, E / 2]`. */
export function rotate(x: usize, cos: usize, sin: usize, T: i32, heads: i32, E: i32): void {
  const halfBytes = (<usize>E) << 1;
  for (let t = 0; t < T; t++) {
    for (let h = 0; h < heads; h++) {
      for (let at: usize = 0; at < halfBytes; at += 16) {
        const u = v128.load(x + at);
        const v = v128.load(x + halfBytes + at);
        const c = v128.load(cos + at);
        const s = v128.load(sin + at);
        v128.store(x + at, f32x4.sub(f32x4.mul(u, c), f32x4.mul(v, s)));
        v128.store(x + halfBytes + at, f32x4.add(f32x4.mul(u, s), f32x4.mul(v, c)));
      }
      x += halfBytes << 1;
    }
    cos += halfBytes;
    sin += halfBytes;
  }
}

/** Of one row of logits, to `out` float64 `[3]`: the largest, the sum of exp(logit - largest), and the sum of the same times logit. */
export function softmaxSums(logits: usize, length: i32, out: usize): void {
  const end = logits + ((<usize>length) << 2);
  let top = v128.load(logits);
  for (let at = logits; at < end; at += 16) top = f32x4.max(top, v128.load(at));
  const best = maxOf(top);
  const shift = f32x4.splat(best);
  let sum: f64 = 0;
  let weighted: f64 = 0;
  // Sums of a piece in float32, of pieces in float64: vocabularies are long.
  for (let at = logits; at < end;) {
    let s = f32x4.splat(0);
    let w = s;
    for (const piece = min(at + 4096, end); at < piece; at += 16) {
      const logit = v128.load(at);
      const e = exp4(f32x4.sub(logit, shift));
      s = f32x4.add(s, e);
      w = madd(w, e, logit);
    }
    sum += sumOf(s);
    weighted += sumOf(w);
  }
  store<f64>(out, best);
  store<f64>(out + 8, sum);
  store<f64>(out + 16, weighted);
}

export function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

export function maxOf(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}
