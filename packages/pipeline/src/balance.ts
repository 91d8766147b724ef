/**
 * What guessing has cost an answer and what it has brought, in laps of one row. Chances are right on average only: an answer that is
 * behind plain decoding sends nothing but likely drafts until it has caught up, so that no answer loses much by bad luck.
 */
import type { Row } from "./row.ts";

/** An answer may be behind by this share of its tokens. */
const MAY_LOSE = 0.02;
/** What is so likely is sent in any case. */
export const LIKELY = 0.75;

export class Balance {
  #laps = 0;

  charge(laps: number): void {
    this.#laps -= laps;
  }

  /** A token came without a lap of its own. */
  gain(): void {
    this.#laps++;
  }

  /** Probability from which drafts are to be sent. */
  draftsFrom(answered: number): number {
    return this.#laps >= -MAY_LOSE * answered ? 0 : LIKELY;
  }
}

/** Drafts make a certain row's frame slower, or keep the next one waiting for half a stage's time. Their lines share the cost. */
export function chargeDrafts(rows: readonly Row[], costOf: (rows: number) => number, stages: number): void {
  const drafts = rows.filter(({ certain }) => !certain);
  const certain = rows.length - drafts.length;
  const cost = certain > 0 ? costOf(rows.length) - costOf(certain) : costOf(rows.length) / (2 * stages);
  for (const { owner } of drafts) owner?.balance.charge(cost / costOf(1) / drafts.length);
}
