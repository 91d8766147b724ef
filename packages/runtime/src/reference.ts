/**
 * A textbook decoder layer in float64, slow and independent of onnxruntime: what the known-answer test and the browser tests hold a
 * device's kernels against. Dense weights only.
 */
import type { LayerWeights, LinearWeights, ModelShape } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";

/** One row of a fresh forward: position, and which earlier rows of the list it sees besides itself. */
export interface ReferenceRow {
  readonly position: number;
  readonly ancestors: readonly number[];
}

/** `x` `[rows, D]` → `[rows, D]` after all `layers`; every row sees its ancestors (indices into the rows) and itself. */
export function referenceForward(
  shape: ModelShape,
  layers: readonly LayerWeights[],
  x: Float32Array,
  rows: readonly ReferenceRow[],
): Float64Array {
  const { D, H, K, E } = shape;
  let hidden = Float64Array.from(x);
  for (const layer of layers) {
    const h = normed(hidden, layer.attentionNorm, D, shape.rmsEpsilon);
    const q = rotated(product(h, layer.query), H, rows, shape);
    const k = rotated(product(h, layer.key), K, rows, shape);
    const v = product(h, layer.value);
    const attended = new Float64Array(rows.length * H * E);
    rows.forEach(({ ancestors }, r) => {
      const seen = [...ancestors, r];
      for (let head = 0; head < H; head++) {
        const kv = Math.floor((head * K) / H);
        const scores = seen.map((s) => {
          let dot = 0;
          for (let e = 0; e < E; e++) dot += at(q, (r * H + head) * E + e) * at(k, (s * K + kv) * E + e);
          return dot / Math.sqrt(E);
        });
        const top = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - top));
        const total = weights.reduce((a, b) => a + b, 0);
        seen.forEach((s, i) => {
          const weight = (weights[i] ?? 0) / total;
          for (let e = 0; e < E; e++) {
            const index = (r * H + head) * E + e;
            attended[index] = at(attended, index) + weight * at(v, (s * K + kv) * E + e);
          }
        });
      }
    });
    const middle = sum(hidden, product(attended, layer.attentionOutput));
    const h2 = normed(middle, layer.feedForwardNorm, D, shape.rmsEpsilon);
    const up = product(h2, layer.up);
    const gated = product(h2, layer.gate).map((g, i) => (g / (1 + Math.exp(-g))) * at(up, i));
    hidden = sum(middle, product(gated, layer.down));
  }
  return hidden;
}

function product(x: Float64Array, { N, K, weights, bias }: LinearWeights): Float64Array<ArrayBuffer> {
  if (weights.form !== "dense") throw new RuntimeError("known-answer", "The reference takes dense weights only.");
  const rows = x.length / K;
  const y = new Float64Array(rows * N);
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < N; n++) {
      let value = bias === null ? 0 : at(bias, n);
      for (let k = 0; k < K; k++) value += at(x, r * K + k) * at(weights.data, n * K + k);
      y[r * N + n] = value;
    }
  }
  return y;
}

function normed(x: Float64Array, gamma: Float32Array, D: number, epsilon: number): Float64Array {
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += D) {
    let squares = 0;
    for (let d = 0; d < D; d++) squares += at(x, start + d) ** 2;
    const scale = 1 / Math.sqrt(squares / D + epsilon);
    for (let d = 0; d < D; d++) y[start + d] = at(x, start + d) * scale * at(gamma, d);
  }
  return y;
}

function rotated(
  x: Float64Array,
  heads: number,
  rows: readonly ReferenceRow[],
  { E, ropeBase }: ModelShape,
): Float64Array {
  const y = new Float64Array(x.length);
  const half = E / 2;
  rows.forEach(({ position }, r) => {
    for (let head = 0; head < heads; head++) {
      const start = (r * heads + head) * E;
      for (let i = 0; i < half; i++) {
        const angle = position * ropeBase ** ((-2 * i) / E);
        const [u, v] = [at(x, start + i), at(x, start + i + half)];
        y[start + i] = u * Math.cos(angle) - v * Math.sin(angle);
        y[start + i + half] = u * Math.sin(angle) + v * Math.cos(angle);
      }
    }
  });
  return y;
}

function sum(a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(a, (value, i) => value + at(b, i));
}

function at(values: Float64Array | Float32Array, index: number): number {
  return values[index] ?? 0;
}
