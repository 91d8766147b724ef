/** Weights that no file holds, for timing. Sizes are a model's, values are small constants: time does not depend on them. */
import type { HeadWeights, LayerWeights, LinearWeights, ModelShape } from "@jupiter/model";

/** About what a layer takes: 4 bits and a float32 scale for 32 weights, or float32. */
export function layerBytes({ D, F, H, K, E }: ModelShape, inBlocks: boolean): number {
  return D * (2 * H * E + 2 * K * E + 3 * F) * (inBlocks ? 0.625 : 4);
}

export function madeUpLayer(shape: ModelShape, inBlocks: boolean): LayerWeights {
  return makeLayer(shape, (N, inputs) => madeUpLinear(N, inputs, inBlocks));
}

/** A layer of matrices `[N, inputs]` and norms, made in the order in which they are used. `isBiased`: one that qwen2 gives a bias. */
export function makeLayer(
  { D, F, H, K, E }: ModelShape,
  linear: (N: number, inputs: number, isBiased: boolean) => LinearWeights,
  norm: (D: number) => Float32Array<ArrayBuffer> = ones,
): LayerWeights {
  return {
    attentionNorm: norm(D),
    query: linear(H * E, D, true),
    key: linear(K * E, D, true),
    value: linear(K * E, D, true),
    attentionOutput: linear(D, H * E, false),
    feedForwardNorm: norm(D),
    gate: linear(F, D, false),
    up: linear(F, D, false),
    down: linear(D, F, false),
  };
}

/** Of a vocabulary of `V`. */
export function madeUpHead({ D }: ModelShape, V: number, inBlocks: boolean): HeadWeights {
  return { norm: ones(D), head: madeUpLinear(V, D, inBlocks) };
}

function ones(n: number): Float32Array<ArrayBuffer> {
  return new Float32Array(n).fill(1);
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
