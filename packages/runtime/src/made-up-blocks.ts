/** Weights in blocks that no file holds, and what they stand for: for known answers and tests. */
import type { BlockWeights, LayerWeights, LinearWeights } from "@jupiter/model";

/** A container of the model's block types: see `model/src/block-weights.ts`. */
export type Container = Pick<BlockWeights, "bits" | "blockSize"> & { readonly minimums: boolean };

/** `[N, K]` of random blocks whose values spread over about -spread … spread. */
export function madeUpBlocks(
  N: number,
  K: number,
  { bits, blockSize, minimums }: Container,
  spread: number,
  random: () => number,
): BlockWeights {
  const blocks = (N * K) / blockSize;
  const scale = spread / 2 ** (bits - 1);
  return {
    form: "blocks",
    bits,
    blockSize,
    packed: Uint8Array.from({ length: (N * K * bits) / 8 }, () => Math.floor(random() * 256)),
    scales: Float32Array.from({ length: blocks }, () => (0.5 + random() / 2) * scale),
    // As files have them: full nibbles count from 0, and the minimum makes them negative.
    zeroPoints: minimums && bits === 4 && blockSize === 32 ? new Uint8Array(N * Math.ceil(K / blockSize / 2)) : null,
    minimums: minimums
      ? Float32Array.from({ length: blocks }, () => (random() - (bits === 4 && blockSize === 32 ? 1 : 0.5)) * spread)
      : null,
  };
}

/** The same matrix in float32. */
export function unpacked({ N, K, weights, bias }: LinearWeights): LinearWeights {
  if (weights.form === "dense") return { N, K, weights, bias };
  const { bits, blockSize, packed, scales, zeroPoints, minimums } = weights;
  const blocks = K / blockSize;
  const data = Float32Array.from({ length: N * K }, (_, i) => {
    const [n, b] = [Math.floor(i / K), Math.floor(i / blockSize)];
    const q = bits === 8 ? (packed[i] ?? 0) : ((packed[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
    const pair = zeroPoints?.[n * Math.ceil(blocks / 2) + ((b % blocks) >> 1)] ?? 0;
    const zero = zeroPoints === null ? 2 ** (bits - 1) : (pair >> (4 * (b & 1))) & 15;
    return (scales[b] ?? 0) * (q - zero) + (minimums?.[b] ?? 0);
  });
  return { N, K, weights: { form: "dense", data }, bias };
}

/** A layer with each of its matrices replaced; norms stay. */
export function mapMatrices(layer: LayerWeights, map: (linear: LinearWeights) => LinearWeights): LayerWeights {
  return {
    ...layer,
    query: map(layer.query),
    key: map(layer.key),
    value: map(layer.value),
    attentionOutput: map(layer.attentionOutput),
    gate: map(layer.gate),
    up: map(layer.up),
    down: map(layer.down),
  };
}
