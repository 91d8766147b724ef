import { headGraph, type GraphFloat, type HeadWeights, type ModelShape } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";
import type { RawScore, Scorer } from "./head-runner.ts";
import { bestOf } from "./kernels/best-of.ts";
import { createSession, ort, type Backend } from "./ort.ts";

/** Final norm and LM head as a graph; its logits are read here, all at once. */
export class OrtHead implements Scorer {
  readonly #session: ort.InferenceSession;
  readonly #shape: ModelShape;
  readonly #best: number;

  private constructor(session: ort.InferenceSession, shape: ModelShape, best: number) {
    this.#session = session;
    this.#shape = shape;
    this.#best = best;
  }

  static async create(
    shape: ModelShape,
    { norm, head }: HeadWeights,
    { backend, type, best }: { readonly backend: Backend; readonly type: GraphFloat; readonly best: number },
  ): Promise<OrtHead> {
    return new OrtHead(await createSession(headGraph(shape, norm, head, type), backend), shape, best);
  }

  async score(x: Float32Array, askIds: readonly (readonly number[])[]): Promise<RawScore[]> {
    const { D, V } = this.#shape;
    const outputs = await this.#session.run({ x: new ort.Tensor("float32", x, [1, askIds.length, D]) });
    const [logits] = Object.values(outputs);
    if (!(logits?.data instanceof Float32Array))
      throw new RuntimeError("session", "The head graph returned no float32.");
    const all = logits.data;
    return askIds.map((ids, r) => {
      const row = all.subarray(r * V, (r + 1) * V);
      const best = bestOf(row, this.#best);
      const { logSum, mean } = softmaxSums(row, best[0]?.logit ?? NaN);
      return { greedy: best[0]?.id ?? NaN, best, asked: ids.map((id) => row[id] ?? NaN), logSum, mean };
    });
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }
}

/** The best logit is subtracted, so that exp never overflows. */
function softmaxSums(logits: Float32Array, top: number): Pick<RawScore, "logSum" | "mean"> {
  let sum = 0;
  let weighted = 0;
  for (const logit of logits) {
    const weight = Math.exp(logit - top);
    sum += weight;
    weighted += weight * logit;
  }
  return { logSum: top + Math.log(sum), mean: weighted / sum };
}
