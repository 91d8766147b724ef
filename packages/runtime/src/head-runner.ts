import type { GraphFloat, HeadWeights, MedusaHead, ModelShape } from "@jupiter/model";
import {
  CANDIDATES,
  chooseToken,
  toFloat32,
  type Activations,
  type RowScore,
  type ScorePolicy,
} from "@jupiter/protocol";
import { RuntimeError } from "./errors.ts";
import { exclusive, type Computed } from "./exclusive.ts";
import { KernelHead } from "./kernels/kernel-head.ts";
import { OrtHead } from "./ort-head.ts";
import type { Backend } from "./ort.ts";

/** Candidates of a Medusa head. */
const GUESSES = 4;

/** What one row's logits come down to. */
export interface RawScore {
  /** Of the largest logit; of equal ones the lowest. */
  readonly greedy: number;
  /** Best first. */
  readonly best: readonly { readonly id: number; readonly logit: number }[];
  /** Logits of the ids that were asked for. */
  readonly asked: readonly number[];
  /** Logarithm of the sum of exp(logits). */
  readonly logSum: number;
  /** Mean logit under the softmax. */
  readonly mean: number;
}

/** What one Medusa head finds likeliest. */
export type RawGuess = Pick<RawScore, "best" | "logSum">;

/** Final norm, LM head and a reduction of the logits, which stay inside. One call at a time. */
export interface Scorer {
  /** `x` `[R, D]`; `askIds` per row. Answers in row order. */
  score(x: Float32Array, askIds: readonly (readonly number[])[]): Promise<RawScore[]>;
  /** Where Medusa heads can be computed: from now on `guess` has them. */
  setMedusa?(heads: readonly MedusaHead[]): void;
  /** `x` `[R, D]`; for each row, of each Medusa head its `count` best. */
  guess?(x: Float32Array, count: number): Promise<readonly (readonly RawGuess[])[]>;
  dispose(): Promise<void>;
}

/** Scores rows and chooses tokens; a few hundred bytes a row come out of the device. */
export class HeadRunner {
  readonly #scorer: Scorer;
  readonly #D: number;
  #disposed = false;

  private constructor(scorer: Scorer, D: number) {
    this.#scorer = scorer;
    this.#D = D;
  }

  static async create(
    shape: ModelShape,
    weights: HeadWeights,
    {
      backend,
      type,
      kernels = false,
    }: { readonly backend: Backend; readonly type: GraphFloat; readonly kernels?: boolean },
  ): Promise<HeadRunner> {
    const best = Math.min(CANDIDATES, shape.V);
    const scorer = kernels
      ? await KernelHead.create(shape, weights, best)
      : await OrtHead.create(shape, weights, { backend, type, best });
    return new HeadRunner(scorer, shape.D);
  }

  /** Rows whose policy asks for guesses get these heads' from now on. Throws 'session' where the LM head is not in our own kernels. */
  setMedusa(heads: readonly MedusaHead[]): void {
    if (this.#scorer.setMedusa === undefined) {
      const text =
        "Medusa heads are computed on wasm in our own kernels; let this device compute on wasm, or choose another drafter.";
      throw new RuntimeError("session", text);
    }
    this.#scorer.setMedusa(heads);
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
    const scores = await this.#scorer.score(
      toFloat32(x),
      policies.map(({ askIds }) => askIds),
    );
    // The best of what is no number would be token 0, for ever.
    if (scores.some(({ logSum, mean }) => !Number.isFinite(logSum) || !Number.isFinite(mean)))
      throw new RuntimeError(
        "session",
        "What the layers computed is no number any more: a device computes wrongly, or half precision is too small for it. Start again; if it comes back, let devices compute on wasm, or leave one out.",
      );
    const guesses = await this.#guess(toFloat32(x), policies);
    return scores.map(({ greedy, logSum, mean, asked, best: logits }, r) => {
      const policy = policies[r]!;
      const best = logits.map(({ id, logit }) => ({ id, logProb: logit - logSum }));
      return {
        row: r,
        chosen: policy.temperature <= 0 ? greedy : chooseToken(best, policy),
        best,
        asked: asked.map((logit) => logit - logSum),
        entropy: logSum - mean,
        ...(guesses.has(r) ? { guesses: guesses.get(r) ?? [] } : {}),
      };
    });
  }

  /** By row, for those that are to have them. */
  async #guess(
    x: Float32Array,
    policies: readonly ScorePolicy[],
  ): Promise<ReadonlyMap<number, NonNullable<RowScore["guesses"]>>> {
    const rows = policies.flatMap(({ guesses = false }, r) => (guesses ? [r] : []));
    if (rows.length === 0 || this.#scorer.guess === undefined) return new Map();
    const D = this.#D;
    const chosen = new Float32Array(rows.length * D);
    rows.forEach((row, i) => chosen.set(x.subarray(row * D, (row + 1) * D), i * D));
    const raw = await this.#scorer.guess(chosen, GUESSES);
    const logProbs = ({ best, logSum }: RawGuess) => best.map(({ id, logit }) => ({ id, logProb: logit - logSum }));
    return new Map(rows.map((row, i) => [row, (raw[i] ?? []).map(logProbs)]));
  }

  /** As of a stage: after the run that is under way; what waits for its turn, or comes later, is refused with 'disposed'. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await exclusive(() => this.#scorer.dispose());
  }
}
