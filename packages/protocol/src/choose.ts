import type { ScorePolicy } from "./frame-types.ts";

/** Candidates that a head hands out per row; sampling draws among these, so what lies beyond the 64 best is never chosen. */
export const CANDIDATES = 64;

/** The likeliest token, and nothing asked besides. */
export const BEST_ONLY: ScorePolicy = { temperature: 0, topP: 1, topK: 0, random: 0, askIds: [] };

/**
 * The token that a policy picks among the best candidates.
 *
 * `best` is sorted, best first, with natural log-probabilities at temperature 1. Temperature 0 takes the first. Otherwise the `topK` best
 * (0: all given) are renormalised at the temperature, cut to the smallest head whose mass reaches `topP`, and drawn from with `random`.
 * Truncation to the given candidates is the caller's: pass enough of them.
 */
export function chooseToken(
  best: readonly { readonly id: number; readonly logProb: number }[],
  policy: Pick<ScorePolicy, "temperature" | "topP" | "topK" | "random">,
): number {
  const first = best[0];
  if (!first) throw new RangeError("no candidates to choose from; score at least one");
  if (policy.temperature <= 0) return first.id;
  const candidates = policy.topK > 0 ? best.slice(0, policy.topK) : best;
  const weights = candidates.map(({ logProb }) => Math.exp((logProb - first.logProb) / policy.temperature));
  const nucleus = headOfMass(weights, policy.topP * sum(weights));
  let left = policy.random * sum(weights.slice(0, nucleus));
  for (let i = 0; i < nucleus; i++) {
    left -= weights[i] ?? 0;
    if (left < 0) return candidates[i]?.id ?? first.id;
  }
  // Rounding can leave a crumb when `random` is just below 1.
  return candidates[nucleus - 1]?.id ?? first.id;
}

/** How many of the leading weights reach `mass`; at least 1. */
function headOfMass(weights: readonly number[], mass: number): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    total += weights[i] ?? 0;
    if (total >= mass) return i + 1;
  }
  return weights.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
