/**
 * What the head is asked about a row, and what is told of its answer.
 *
 * A row's choice depends on the row's path and on the number that its step draws, never on what was drafted: the token is the one that plain
 * decoding would have chosen there, by a temperature of 0 or any other. A draft holds if it is that token. For drafts that are guesses and no samples this is
 * speculative sampling: each is accepted with the model's probability for it, and a refusal leaves the model's distribution over the rest.
 *
 * Typical acceptance alone is otherwise: there a draft that was sent may take the choice's place (`typical.ts`).
 */
import { chooseToken, LIMITS, type RowScore, type ScorePolicy } from "@jupiter/protocol";
import type { Line } from "./line.ts";
import type { CoordinatorEffect } from "./requests.ts";
import type { Row } from "./row.ts";
import { seededUniform } from "./seeded-uniform.ts";
import { isTypical, logProbOf, typicalDraft } from "./typical.ts";

/** `guesses`: Medusa heads are worth their time now. */
export function policyFor({ owner, position, askIds }: Row, guesses: boolean): ScorePolicy {
  if (owner === null) throw new RangeError("verdicts are wanted of a line's own rows only");
  const { ids, policy } = owner.request;
  const { temperature, topP, topK, seed } = policy;
  const random = seededUniform(seed, position + 1 - ids.length);
  return { temperature, topP, topK, random, askIds, ...(guesses ? { guesses } : {}) };
}

/** The same verdict with the row's own choice, where whoever scored it did not know the policy. */
export function chooseFrom(score: RowScore, row: Row): RowScore {
  const policy = policyFor(row, false);
  return policy.temperature <= 0 ? score : { ...score, chosen: chooseToken(score.best, policy) };
}

/** Tokens that may follow the row without being its verdict's best. */
export function idsToAsk(row: Row): readonly number[] {
  const { owner, position } = row;
  if (owner === null) return [];
  const { force, ids } = owner.request;
  if (force !== undefined) return force.slice(position + 1 - ids.length).slice(0, 1);
  if (owner.decoding.acceptance !== "typical") return [];
  return row.drafts.map(({ token }) => token).slice(0, LIMITS.asksPerRow);
}

/** The token at the line's next place, by its tip's verdict. */
export function nextToken(line: Line, { chosen }: RowScore): number {
  const { forced, decoding, tip } = line;
  if (forced !== null) return forced;
  const draft = decoding.acceptance === "typical" ? typicalDraft(tip) : null;
  return draft?.token ?? chosen;
}

/** That `draft`, below the tip of `line`, is right where the text goes on with `token`; of one that was not sent: that it would have been. */
export function holds({ forced, decoding }: Line, draft: Row, token: number): boolean {
  if (draft.token === token) return true;
  return draft.slot === null && forced === null && decoding.acceptance === "typical" && isTypical(draft);
}

/** `token` follows `row`, whose verdict is there. */
export function tokenEffect(
  id: string,
  token: number,
  row: Pick<Row, "score" | "askIds">,
): Extract<CoordinatorEffect, { kind: "token" }> {
  const { chosen = token, best = [] } = row.score ?? {};
  const [first, second] = best;
  return {
    kind: "token",
    id,
    token,
    chosen,
    logProb: logProbOf(row, token) ?? NaN,
    margin: first !== undefined && second !== undefined ? first.logProb - second.logProb : Infinity,
  };
}
