/** Final norm and LM head, with the choice of a token inside the graph, so that logits never leave the device that computed them. */
import type { ModelShape } from "../shape.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { addLinear, floatBytes, type GraphFloat, type LinearWeights } from "./linear.ts";
import type { OnnxGraph } from "./proto.ts";

/**
 * Inputs: `x` float `[1, R, D]`, `ask` int64 `[1, R, A]` (ids whose logits are wanted; at least one).
 * Outputs: `argmax` int64 `[1, R]`, `best_logits` float `[1, R, best]`, `best_ids` int64 `[1, R, best]`, `asked` float `[1, R, A]`,
 * `log_sum` float `[1, R]` (log of the sum of exp(logits)), `mean` float `[1, R]` (mean logit under the softmax; entropy = log_sum - mean).
 */
export function headGraph(
  shape: ModelShape,
  finalNorm: Float32Array,
  head: LinearWeights,
  { type, best }: { readonly type: GraphFloat; readonly best: number },
): OnnxGraph {
  const g = new GraphBuilder();
  const input = g.input("x", "float", [1, "R", shape.D]);
  const ask = g.input("ask", "int64", [1, "R", "A"]);
  const x = type === "float" ? input : g.node("Cast", [input], { to: { int: 10 } });
  const normed = g.node(
    "SimplifiedLayerNormalization",
    [x, g.initializer("final_norm", type, [shape.D], floatBytes(finalNorm, type))],
    { axis: { int: -1 }, epsilon: { float: shape.rmsEpsilon }, stash_type: { int: 1 } },
  );
  const product = addLinear(g, "head", normed, head, type);
  const logits = type === "float" ? product : g.node("Cast", [product], { to: { int: 1 } });
  g.node("ArgMax", [logits], { axis: { int: -1 }, keepdims: { int: 0 } }, ["argmax"]);
  const k = g.initializer("k", "int64", [1], BigInt64Array.of(BigInt(best)));
  g.node("TopK", [logits, k], { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: 1 } }, [
    "best_logits",
    "best_ids",
  ]);
  g.node("GatherElements", [logits, ask], { axis: { int: 2 } }, ["asked"]);
  const axis = g.initializer("axis", "int64", [1], BigInt64Array.of(2n));
  // The stable form written out: subtract the best logit, so that exp never overflows on any back end.
  const top = g.node("ReduceMax", [logits, axis], { keepdims: { int: 1 } });
  const exps = g.node("Exp", [g.node("Sub", [logits, top])]);
  const sum = g.node("ReduceSum", [exps, axis], { keepdims: { int: 1 } });
  const squeeze = (name: string) => g.node("Squeeze", [name, axis]);
  g.node("Add", [squeeze(g.node("Log", [sum])), squeeze(top)], {}, ["log_sum"]);
  const weighted = g.node("ReduceSum", [g.node("Mul", [exps, logits]), axis], { keepdims: { int: 1 } });
  g.node("Squeeze", [g.node("Div", [weighted, sum]), axis], {}, ["mean"]);
  g.output("argmax", "int64", [1, "R"]);
  g.output("best_logits", "float", [1, "R", best]);
  g.output("best_ids", "int64", [1, "R", best]);
  g.output("asked", "float", [1, "R", "A"]);
  g.output("log_sum", "float", [1, "R"]);
  g.output("mean", "float", [1, "R"]);
  return g.build("head");
}
