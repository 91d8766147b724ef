/**
 * A run of decoder layers as one ONNX graph. The same graph form serves every frame (chain, tree, several roots): rotary embedding by
 * explicit positions outside attention, and an attention bias built from the rows' parents, always both.
 */
import type { ModelShape } from "../shape.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { addLinear, floatBytes, type GraphFloat, type LinearWeights } from "./linear.ts";
import type { OnnxGraph } from "./proto.ts";

/** One decoder layer, rows of Q and K in the order that rotates halves (i, i + E/2). */
export interface LayerWeights {
  readonly attentionNorm: Float32Array;
  readonly query: LinearWeights;
  readonly key: LinearWeights;
  readonly value: LinearWeights;
  readonly attentionOutput: LinearWeights;
  readonly feedForwardNorm: Float32Array;
  readonly gate: LinearWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

export interface StageGraphOptions {
  readonly type: GraphFloat;
  /**
   * Give attention a `head_sink` of -1e30: it adds exp(-1e30) = 0 to the softmax and keeps onnxruntime's CPU kernel off its tiled path,
   * which on wasm is about nine times slower.
   */
  readonly headSink: boolean;
  /** Rows of the rotary tables: positions 0 … maxPositions - 1. */
  readonly maxPositions: number;
}

/**
 * Inputs: `x` float `[1, T, D]`, `position_ids` int64 `[1, T]`, `attention_bias` `[1, 1, T, total]`, `last_index` int32 `[1]` (total - 1),
 * `total` int32 `[1]`, and per layer `past_key.i`, `past_value.i` `[1, K, capacity, E]`.
 * Outputs: `y` float `[1, T, D]` and per layer `present_key.i`, `present_value.i`, which may be the buffers of `past_*`.
 */
export function stageGraph(shape: ModelShape, layers: readonly LayerWeights[], options: StageGraphOptions): OnnxGraph {
  const { D, H, K, E } = shape;
  const { type } = options;
  const g = new GraphBuilder();
  const norm = { axis: { int: -1 }, epsilon: { float: shape.rmsEpsilon }, stash_type: { int: 1 } };
  const skipNorm = { epsilon: { float: shape.rmsEpsilon } };

  const input = g.input("x", "float", [1, "T", D]);
  const positions = g.input("position_ids", "int64", [1, "T"]);
  const bias = g.input("attention_bias", type, [1, 1, "T", "total"]);
  const lastIndex = g.input("last_index", "int32", [1]);
  const total = g.input("total", "int32", [1]);
  const { cos, sin } = rotaryTables(shape, options.maxPositions);
  const cosName = g.initializer("rotary.cos", type, [options.maxPositions, E / 2], floatBytes(cos, type));
  const sinName = g.initializer("rotary.sin", type, [options.maxPositions, E / 2], floatBytes(sin, type));
  const sink = options.headSink
    ? g.initializer("head_sink", type, [H], floatBytes(new Float32Array(H).fill(-1e30), type))
    : "";

  let residual = type === "float" ? input : g.node("Cast", [input], { to: { int: 10 } });
  let pending = ""; // output of the layer before, not yet added to the residual
  layers.forEach((layer, i) => {
    const linear = (name: string, x: string, w: LinearWeights) => addLinear(g, `${i}.${name}`, x, w, type);
    const gamma = (name: string, w: Float32Array) => g.initializer(`${i}.${name}`, type, [D], floatBytes(w, type));
    const rotate = (x: string, heads: number) =>
      g.contrib("RotaryEmbedding", [x, positions, cosName, sinName], {
        num_heads: { int: heads },
        interleaved: { int: 0 },
        rotary_embedding_dim: { int: E },
      });
    /** Adds the pending output to the residual and normalises the sum, in one kernel. */
    const addAndNorm = (x: string, weight: string) => {
      const sum = `residual_${weight}`;
      const normed = g.contrib("SkipSimplifiedLayerNormalization", [residual, x, weight], skipNorm, [
        `norm_${weight}`,
        "",
        "",
        sum,
      ]);
      residual = sum;
      return normed;
    };

    const attentionGamma = gamma("attention_norm", layer.attentionNorm);
    const h =
      pending === ""
        ? g.node("SimplifiedLayerNormalization", [residual, attentionGamma], norm)
        : addAndNorm(pending, attentionGamma);
    const attended = g.contrib(
      "GroupQueryAttention",
      [
        rotate(linear("query", h, layer.query), H),
        rotate(linear("key", h, layer.key), K),
        linear("value", h, layer.value),
        g.input(`past_key.${i}`, type, [1, K, "capacity", E]),
        g.input(`past_value.${i}`, type, [1, K, "capacity", E]),
        lastIndex,
        total,
        "",
        "",
        "",
        bias,
        ...(sink === "" ? [] : [sink]),
      ],
      { num_heads: { int: H }, kv_num_heads: { int: K }, do_rotary: { int: 0 } },
      [`attended_${i}`, `present_key.${i}`, `present_value.${i}`],
    );
    g.output(`present_key.${i}`, type, [1, K, "capacity", E]);
    g.output(`present_value.${i}`, type, [1, K, "capacity", E]);
    const h2 = addAndNorm(
      linear("attention_output", attended, layer.attentionOutput),
      gamma("feed_forward_norm", layer.feedForwardNorm),
    );
    const gate = linear("gate", h2, layer.gate);
    const silu = g.node("Mul", [gate, g.node("Sigmoid", [gate])]);
    pending = linear("down", g.node("Mul", [silu, linear("up", h2, layer.up)]), layer.down);
  });
  if (type === "float") g.node("Add", [residual, pending], {}, ["y"]);
  else g.node("Cast", [g.node("Add", [residual, pending])], { to: { int: 1 } }, ["y"]);
  g.output("y", "float", [1, "T", D]);
  return g.build("stage");
}

/** cos and sin of position * base^(-2i/E), `[positions, E/2]`, computed in float64. */
export function rotaryTables({ E, ropeBase }: ModelShape, positions: number): { cos: Float32Array; sin: Float32Array } {
  const half = E / 2;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const frequency = ropeBase ** ((-2 * i) / E);
    for (let p = 0; p < positions; p++) {
      cos[p * half + i] = Math.cos(p * frequency);
      sin[p * half + i] = Math.sin(p * frequency);
    }
  }
  return { cos, sin };
}
