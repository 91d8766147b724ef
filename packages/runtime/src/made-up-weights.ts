/** Weights that no file holds, for timing. Sizes are a model's, values are small constants: time does not depend on them. */
import type { HeadWeights, LayerWeights, LinearWeights, ModelShape } from "@jupiter/model";

/** About what a layer takes: 4 bits and a float32 scale for 32 weights, or float32. */
export function layerBytes({ D, F, H, K, E }: ModelShape, inBlocks: boolean): number {
  return D * (2 * H * E + 2 * K * E + 3 * F) * (inBlocks ? 0.625 : 4);
}

export function madeUpLayer(shape: ModelShape, inBlocks: boolean): LayerWeights {
  return layerOf(shape, (N, inputs) => madeUpLinear(N, inputs, inBlocks));
}

/** A layer whose matrices `[N, inputs]` are made by `linear`, with norms of ones. */
export function layerOf(
  { D, F, H, K, E }: ModelShape,
  linear: (N: number, inputs: number) => LinearWeights,
): LayerWeights {
  return {
    attentionNorm: new Float32Array(D).fill(1),
    query: linear(H * E, D),
    key: linear(K * E, D),
    value: linear(K * E, D),
    attentionOutput: linear(D, H * E),
    feedForwardNorm: new Float32Array(D).fill(1),
    gate: linear(F, D),
    up: linear(F, D),
    down: linear(D, F),
  };
}

/** Of a vocabulary of `V`. */
export function madeUpHead({ D }: ModelShape, V: number, inBlocks: boolean): HeadWeights {
  return { norm: new Float32Array(D).fill(1), head: madeUpLinear(V, D, inBlocks) };
}

function madeUpLinear(N: number, inputs: number, inBlocks: boolean): LinearWeights {
  return {
    N,
    K: inputs,
    bias: null,
    weights:
      !inBlocks || inputs % 32 !== 0
        ? { form: "dense", data: new Float32Array(N * inputs).fill(0.01) }
        : {
            form: "blocks",
            bits: 4,
            blockSize: 32,
            packed: new Uint8Array((N * inputs) / 2).fill(0x99),
            scales: new Float32Array((N * inputs) / 32).fill(0.01),
            zeroPoints: null,
            minimums: null,
          },
  };
}
