/** A bar over all suites of a run: what is done, and about how long the rest takes. */
export interface Part {
  readonly name: string;
  /** Expected. */
  readonly minutes: number;
}

const WIDTH = 24;

export class Progress {
  readonly #parts: readonly Part[];
  readonly #startMs: number;
  readonly #now: () => number;
  #index = 0;
  #share = 0;

  constructor(parts: readonly Part[], now: () => number = () => performance.now()) {
    this.#parts = parts;
    this.#now = now;
    this.#startMs = now();
  }

  /** The part that runs, and how much of it is done, 0 to 1. */
  at(index: number, share: number): void {
    this.#index = index;
    this.#share = share;
  }

  /** Such as `[######------------------] single, 3 minutes left: round 1 of 3`. */
  line(text: string): string {
    const all = minutesOf(this.#parts);
    const here = this.#parts[this.#index];
    const done = minutesOf(this.#parts.slice(0, this.#index)) + (here?.minutes ?? 0) * this.#share;
    const tookMinutes = (this.#now() - this.#startMs) / 60_000;
    // The machine's pace against the expected one, once a tenth is done.
    const pace = done > all / 10 ? tookMinutes / done : 1;
    const left = Math.ceil((all - done) * pace);
    const filled = Math.round((WIDTH * done) / Math.max(all, Number.MIN_VALUE));
    return `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${here?.name ?? "done"}, ${left} ${left === 1 ? "minute" : "minutes"} left: ${text}`;
  }
}

function minutesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { minutes }) => sum + minutes, 0);
}
