import { headGraph, type GraphFloat, type HeadWeights, type ModelShape } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";
import type { RawScore, Scorer } from "./head-runner.ts";
import { createSession, ort, type Backend } from "./ort.ts";

/** Final norm, LM head, and the best of its logits in one graph. */
export class OrtHead implements Scorer {
  readonly #session: ort.InferenceSession;
  readonly #D: number;

  private constructor(session: ort.InferenceSession, D: number) {
    this.#session = session;
    this.#D = D;
  }

  static async create(
    shape: ModelShape,
    { norm, head }: HeadWeights,
    { backend, type, best }: { readonly backend: Backend; readonly type: GraphFloat; readonly best: number },
  ): Promise<OrtHead> {
    const graph = headGraph(shape, norm, head, { type, best });
    return new OrtHead(await createSession(graph, backend), shape.D);
  }

  async score(x: Float32Array, askIds: readonly (readonly number[])[]): Promise<RawScore[]> {
    const R = askIds.length;
    const asks = Math.max(1, ...askIds.map((ids) => ids.length));
    const ask = new BigInt64Array(R * asks);
    askIds.forEach((ids, r) => ids.forEach((id, a) => (ask[r * asks + a] = BigInt(id))));
    const out = await this.#session.run({
      x: new ort.Tensor("float32", x, [1, R, this.#D]),
      ask: new ort.Tensor("int64", ask, [1, R, asks]),
    });
    const argmax = longs(out["argmax"]);
    const bestIds = longs(out["best_ids"]);
    const bestLogits = floats(out["best_logits"]);
    const asked = floats(out["asked"]);
    const logSum = floats(out["log_sum"]);
    const mean = floats(out["mean"]);
    const count = bestIds.length / R;
    return askIds.map((ids, r) => ({
      greedy: Number(argmax[r]),
      best: Array.from({ length: count }, (_, i) => ({
        id: Number(bestIds[r * count + i]),
        logit: bestLogits[r * count + i] ?? NaN,
      })),
      asked: ids.map((_, a) => asked[r * asks + a] ?? NaN),
      logSum: logSum[r] ?? NaN,
      mean: mean[r] ?? NaN,
    }));
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}

function longs(tensor: ort.Tensor | undefined): BigInt64Array {
  if (!(tensor?.data instanceof BigInt64Array)) throw new RuntimeError("session", "The head graph returned no int64.");
  return tensor.data;
}

function floats(tensor: ort.Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new RuntimeError("session", "The head graph returned no float32.");
  return tensor.data;
}
