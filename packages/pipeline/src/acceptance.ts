/**
 * What a drafter's claims are worth, by experience: how often all of its claims held, and those of about the same strength. Each claim is judged
 * when its parent's verdict comes, sent or not, so a drafter whose rows do not pay is watched for nothing, and used again once its claims hold.
 */

/** Judgements by which a claim is believed before there is experience. */
const BELIEF = 2;
/** Judgements after which old ones count half: text changes its kind. */
const MEMORY = 64;
const BINS = 20;

export class Acceptance {
  readonly #bins = Array.from({ length: BINS + 1 }, () => ({ held: 0, claimed: 0, judged: 0 }));
  readonly #all = { held: 0, claimed: 0, judged: 0 };

  /** That a row claimed to hold with probability `claimed` does, given that its parent holds. */
  probability(claimed: number): number {
    const { held, judged } = this.#binOf(claimed);
    const trust = Math.min(1, (BELIEF + this.#all.held) / (BELIEF + this.#all.claimed));
    return (BELIEF * claimed * trust + held) / (BELIEF + judged);
  }

  judge(claimed: number, held: boolean): void {
    for (const tally of [this.#binOf(claimed), this.#all]) {
      tally.judged++;
      tally.claimed += claimed;
      if (held) tally.held++;
      if (tally.judged <= MEMORY) continue;
      tally.judged /= 2;
      tally.claimed /= 2;
      tally.held /= 2;
    }
  }

  #binOf(claimed: number): { held: number; claimed: number; judged: number } {
    const bin = this.#bins[Math.round(Math.min(1, Math.max(0, claimed)) * BINS)];
    if (bin === undefined) throw new RangeError(`a probability is a number from 0 to 1, not ${claimed}`);
    return bin;
  }
}
