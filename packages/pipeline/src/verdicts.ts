/**
 * What the head is asked about a row, and what is told of its answer.
 *
 * A row's choice depends on the row's path and on the number that its step draws, never on what was drafted: the token is the one that plain
 * decoding would have chosen there, by a temperature of 0 or any other. A draft holds if it is that token. For drafts that are guesses and no samples this is
 * speculative sampling: each is accepted with the model's probability for it, and a refusal leaves the model's distribution over the rest.
 */
import type { RowScore, ScorePolicy } from "@jupiter/protocol";
import type { CoordinatorEffect } from "./requests.ts";
import type { Row } from "./row.ts";
import { seededUniform } from "./seeded-uniform.ts";

/** `guesses`: Medusa heads are worth their time now. */
export function policyFor({ owner, position }: Row, guesses: boolean): ScorePolicy {
  if (owner === null) throw new RangeError("verdicts are wanted of a line's own rows only");
  const { ids, policy } = owner.request;
  const { temperature, topP, topK, seed } = policy;
  const random = seededUniform(seed, position + 1 - ids.length);
  return { temperature, topP, topK, random, askIds: [], ...(guesses ? { guesses } : {}) };
}

export function tokenEffect(
  id: string,
  token: number,
  { chosen, best }: RowScore,
): Extract<CoordinatorEffect, { kind: "token" }> {
  const [first, second] = best;
  return {
    kind: "token",
    id,
    token,
    chosen,
    logProb: best.find((candidate) => candidate.id === chosen)?.logProb ?? NaN,
    margin: first !== undefined && second !== undefined ? first.logProb - second.logProb : Infinity,
  };
}
