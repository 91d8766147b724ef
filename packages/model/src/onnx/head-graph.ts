/** Final norm and LM head. What is chosen is the caller's: onnxruntime has no TopK on WebGPU, so logits would leave the GPU within the graph anyway. */
import type { ModelShape } from "../shape.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { addLinear, floatBytes, type GraphFloat, type LinearWeights } from "./linear.ts";
import type { OnnxGraph } from "./proto.ts";

/** Input: `x` float `[1, R, D]`. Its only output: logits, float `[1, R, V]`. */
export function headGraph(
  shape: ModelShape,
  finalNorm: Float32Array,
  head: LinearWeights,
  type: GraphFloat,
): OnnxGraph {
  const g = new GraphBuilder();
  const input = g.input("x", "float", [1, "R", shape.D]);
  const x = type === "float" ? input : g.node("Cast", [input], { to: { int: 10 } });
  const normed = g.node(
    "SimplifiedLayerNormalization",
    [x, g.initializer("final_norm", type, [shape.D], floatBytes(finalNorm, type))],
    { axis: { int: -1 }, epsilon: { float: shape.rmsEpsilon }, stash_type: { int: 1 } },
  );
  const product = addLinear(g, "head", normed, head, type);
  const logits = type === "float" ? product : g.node("Cast", [product], { to: { int: 1 } });
  g.output(logits, "float", [1, "R", shape.V]);
  return g.build("head");
}
