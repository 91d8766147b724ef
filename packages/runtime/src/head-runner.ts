import { headGraph, type GraphFloat, type LinearWeights, type ModelShape } from "@jupiter/model";
import { chooseToken, toFloat32, type Activations, type RowScore, type ScorePolicy } from "@jupiter/protocol";
import { RuntimeError } from "./errors.ts";
import { exclusive, type Computed } from "./exclusive.ts";
import { createSession, ort, type Backend } from "./ort.ts";

/** Candidates that the graph hands out per row; sampling draws among these, so what lies beyond the 64 best is never chosen. */
const BEST = 64;

/** Final norm, LM head and the choice of a token. Logits stay inside the graph; a few hundred bytes a row come out. */
export class HeadRunner {
  readonly #session: ort.InferenceSession;
  readonly #D: number;
  #disposed = false;

  private constructor(session: ort.InferenceSession, D: number) {
    this.#session = session;
    this.#D = D;
  }

  static async create(
    shape: ModelShape,
    weights: { readonly norm: Float32Array; readonly head: LinearWeights },
    { backend, type }: { readonly backend: Backend; readonly type: GraphFloat },
  ): Promise<HeadRunner> {
    const graph = headGraph(shape, weights.norm, weights.head, { type, best: Math.min(BEST, shape.V) });
    return new HeadRunner(await createSession(graph, backend), shape.D);
  }

  /** Scores the rows of `x` `[R, D]`, one policy a row; the answers are in row order. */
  score(x: Activations, policies: readonly ScorePolicy[]): Promise<Computed<RowScore[]>> {
    return exclusive(() => this.#score(x, policies));
  }

  async #score(x: Activations, policies: readonly ScorePolicy[]): Promise<RowScore[]> {
    if (this.#disposed) throw new RuntimeError("disposed", "This head was given back; load the model again.");
    const R = x.rows;
    if (policies.length !== R || x.hidden !== this.#D) {
      throw new RuntimeError("bad-frame", `Expected ${policies.length} rows of ${this.#D}, got ${R} of ${x.hidden}.`);
    }
    const asks = Math.max(1, ...policies.map(({ askIds }) => askIds.length));
    const ask = new BigInt64Array(R * asks);
    policies.forEach(({ askIds }, r) => askIds.forEach((id, a) => (ask[r * asks + a] = BigInt(id))));
    const out = await this.#session.run({
      x: new ort.Tensor("float32", toFloat32(x), [1, R, this.#D]),
      ask: new ort.Tensor("int64", ask, [1, R, asks]),
    });
    const argmax = longs(out["argmax"]);
    const bestIds = longs(out["best_ids"]);
    const bestLogits = floats(out["best_logits"]);
    const asked = floats(out["asked"]);
    const logSum = floats(out["log_sum"]);
    const mean = floats(out["mean"]);
    const count = bestIds.length / R;
    return policies.map((policy, r) => {
      const sum = logSum[r] ?? NaN;
      const best = Array.from({ length: count }, (_, i) => ({
        id: Number(bestIds[r * count + i]),
        logProb: (bestLogits[r * count + i] ?? NaN) - sum,
      }));
      return {
        row: r,
        chosen: policy.temperature <= 0 ? Number(argmax[r]) : chooseToken(best, policy),
        best,
        asked: policy.askIds.map((_, a) => (asked[r * asks + a] ?? NaN) - sum),
        entropy: sum - (mean[r] ?? NaN),
      };
    });
  }

  /** As of a stage: after the run that is under way; what waits for its turn, or comes later, is refused with 'disposed'. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await exclusive(() => this.#session.release());
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
