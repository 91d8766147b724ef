/**
 * Typical acceptance (Cai et al. 2024, "Medusa"; Jupiter decodes by it): a draft holds where the model finds it likely enough for how sure it is of
 * itself, not only where it is the token that the model would have chosen. Lossy: another text than plain decoding's.
 *
 * A draft x is accepted if p(x) > min(epsilon, alpha * exp(-H(p))), p the model's distribution at `temperature` and H its entropy in nats. The best token
 * always is, as p(best) >= exp(-H). Of several accepted paths the longest is taken, of equally long ones the likeliest; what follows the last accepted
 * token is the head's choice.
 */
import type { RowScore } from "@jupiter/protocol";
import type { Row } from "./row.ts";

export const TYPICAL = { epsilon: 0.09, alpha: 0.3, temperature: 0.7 } as const;

/** Mass beyond the best candidates below which it is rounding: scores are in single precision. */
const NO_TAIL = 1e-4;

/** A row's distribution at the rule's temperature. */
export interface Softened {
  /** Of a token whose log-probability at temperature 1 is `logProb`. */
  readonly probabilityOf: (logProb: number) => number;
  /** A draft must be likelier. */
  readonly threshold: number;
}

/**
 * The head tells log-probabilities of the best tokens only, at temperature 1, and the entropy over all. So of all the others their mass and their mean
 * log-probability are known, and that none lies above the least of the best: they count as if they lay below it by a gamma law of shape 2, which is between
 * texts' long tails and the short one of a flat distribution. `typical.test.ts` holds this to the sum over the whole vocabulary.
 */
export function soften({ best, entropy }: Pick<RowScore, "best" | "entropy">): Softened {
  const power = 1 / TYPICAL.temperature;
  let sum = 0;
  let weighted = 0;
  let mass = 0;
  let information = 0;
  for (const { logProb } of best) {
    const probability = Math.exp(logProb);
    mass += probability;
    information -= probability * logProb;
    const share = Math.exp(power * logProb);
    sum += share;
    weighted += share * logProb;
  }
  const tail = 1 - mass;
  if (tail > NO_TAIL) {
    const least = best.at(-1)?.logProb ?? 0;
    const below = Math.max(0, least - (information - entropy) / tail);
    const spread = 1 + ((power - 1) * below) / 2;
    const share = (tail * Math.exp((power - 1) * least)) / spread ** 2;
    sum += share;
    weighted += share * (least - below / spread);
  }
  const softEntropy = Math.log(sum) - (power * weighted) / sum;
  return {
    probabilityOf: (logProb) => Math.exp(power * logProb) / sum,
    threshold: Math.min(TYPICAL.epsilon, TYPICAL.alpha * Math.exp(-softEntropy)),
  };
}

/** Natural, at temperature 1. Null: neither among the best nor asked for. */
export function logProbOf({ score, askIds }: Pick<Row, "score" | "askIds">, token: number): number | null {
  if (score === null) return null;
  const asked = score.asked[askIds.indexOf(token)];
  return asked ?? score.best.find(({ id }) => id === token)?.logProb ?? null;
}

/** That the rule accepts `draft`, by its parent's verdict. */
export function isTypical(draft: Row): boolean {
  return probabilityAt(draft) !== null;
}

/** The draft below `tip` that the text goes on with; null: none of those that were sent is accepted. */
export function typicalDraft(tip: Row): Row | null {
  return longest(tip).first;
}

interface Path {
  readonly first: Row | null;
  readonly rows: number;
  readonly logProb: number;
}

/** As far as verdicts are there. */
function longest(row: Row): Path {
  let found: Path = { first: null, rows: 0, logProb: 0 };
  for (const draft of row.drafts) {
    const probability = draft.slot === null ? null : probabilityAt(draft);
    if (probability === null) continue;
    const below = longest(draft);
    const path = { first: draft, rows: below.rows + 1, logProb: below.logProb + Math.log(probability) };
    if (path.rows > found.rows || (path.rows === found.rows && path.logProb > found.logProb)) found = path;
  }
  return found;
}

/** Null: not accepted, or not known. */
function probabilityAt({ parent, token }: Row): number | null {
  const logProb = parent === null ? null : logProbOf(parent, token);
  if (logProb === null || parent?.score == null) return null;
  const { probabilityOf, threshold } = soften(parent.score);
  const probability = probabilityOf(logProb);
  return probability > threshold ? probability : null;
}
