/**
 * Whether a drafter that takes a device's time pays, by the clock: what a token takes with it and without it, in stretches of the answers themselves. Whatever
 * it costs is in that (the head's time, a core or memory that others wanted), and whatever it brings.
 */

/** Tokens of a stretch: enough that chance seldom decides, few enough that a drafter which does not pay costs little. */
const STRETCH = 16;
/** Tokens for which the better way goes on before the other is tried again; twice as many each time it stays the better one, up to the most. */
const HOLD = 128;
const LONGEST_HOLD = 1024;
/** Of a longer time only about so many tokens count, the last ones: text changes. */
const REMEMBERED = 64;
/** What trying a drafter again may cost of the time between: the more it lost, the later it is tried. */
const MOST_COST = 0.02;
/** What a drafter must save of a token's time: less is chance, and asking takes power, too. */
const LEAST_GAIN = 0.03;

interface Tally {
  readonly tokens: number;
  readonly ms: number;
}

const NOTHING: Tally = { tokens: 0, ms: 0 };

export class Trial {
  #isOn = true;
  /** Until the drafter has answered for the first time since it was put on, nothing can be said of it. */
  #hasAnswered = false;
  #tokensLeft = STRETCH;
  #with = NOTHING;
  #without = NOTHING;
  /** The way that was better when both were compared; null: they were not yet. */
  #better: boolean | null = null;
  #hold = HOLD;

  /** That the drafter is to be asked now. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** It had guesses to give. */
  answered(): void {
    this.#hasAnswered = true;
  }

  /** So many tokens of the only answer under way took so long. */
  observe(tokens: number, ms: number): void {
    if (this.#isOn && !this.#hasAnswered) return;
    if (this.#isOn) this.#with = plus(this.#with, tokens, ms);
    else this.#without = plus(this.#without, tokens, ms);
    this.#tokensLeft -= tokens;
    if (this.#tokensLeft > 0) return;
    if (this.#without === NOTHING || this.#better === this.#isOn) this.#put(!this.#isOn, STRETCH);
    else this.#compare();
  }

  #compare(): void {
    const times = msPerToken(this.#with) / msPerToken(this.#without);
    const better = times < 1 - LEAST_GAIN;
    const hold = better === this.#better ? 2 * this.#hold : HOLD;
    const dear = better ? 0 : (STRETCH * (times - 1)) / MOST_COST;
    this.#hold = Math.min(Math.max(hold, dear), LONGEST_HOLD);
    this.#better = better;
    this.#put(better, this.#hold);
  }

  #put(isOn: boolean, tokens: number): void {
    if (isOn !== this.#isOn) this.#hasAnswered = false;
    this.#isOn = isOn;
    this.#tokensLeft = tokens;
    // Measured anew: text, context and what else the machine does have changed.
    if (isOn) this.#with = NOTHING;
    else this.#without = NOTHING;
  }
}

function plus({ tokens, ms }: Tally, moreTokens: number, moreMs: number): Tally {
  const share = Math.min(1, REMEMBERED / (tokens + moreTokens));
  return { tokens: share * (tokens + moreTokens), ms: share * (ms + moreMs) };
}

function msPerToken({ tokens, ms }: Tally): number {
  return ms / tokens;
}
