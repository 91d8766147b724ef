/**
 * What a lap of few rows takes, as measured: a line through the laps seen, those of long ago fading, over the work that rows are. Until laps of several sizes were
 * seen, a lap is taken for nothing but work.
 */
import type { LapEvent } from "./host-driver.ts";

/** Kernels change their ways beyond. */
const FEW_ROWS = 16;
/** What is left of a lap's weight after each further one. */
const FADE = 0.97;
/** Kernels on wasm take rows two by two, and the second of a pair for so much of the first; on a GPU all rows cost the same, and the line is flat. */
const SECOND = 1 / 4;
/** Laps by which the first guess counts against measured slopes, were half of them of one row and half of two. */
const BELIEF = 4;
const BELIEVED_SQUARES = BELIEF * (SECOND / 2) ** 2;
/** A tab that was held up says nothing of what rows cost. */
const OUTLIER = 3;

export class LapCosts {
  #laps = 0;
  #work = 0;
  #ms = 0;
  /** Sums of squares and products about the means. */
  #workSquared = 0;
  #workMs = 0;

  observe({ rows, lapMs, headMs, stageTimes, wanted, dead }: LapEvent): void {
    if (!wanted || dead || rows > FEW_ROWS) return;
    const queuedMs = stageTimes.reduce((sum, { queueUs }) => sum + queueUs / 1000, 0);
    const ms = Math.max(0, lapMs - queuedMs) + headMs;
    const expected = this.costOf(rows);
    if (this.#laps > BELIEF && ms > OUTLIER * expected) return;
    const before = this.#laps * FADE;
    this.#laps = before + 1;
    const work = workOf(rows);
    const [fromWork, fromMs] = [work - this.#work, ms - this.#ms];
    this.#work += fromWork / this.#laps;
    this.#ms += fromMs / this.#laps;
    this.#workSquared = this.#workSquared * FADE + fromWork * (work - this.#work);
    this.#workMs = this.#workMs * FADE + fromWork * (ms - this.#ms);
  }

  /** Milliseconds once laps were seen; before, in laps of one row. */
  readonly costOf = (rows: number): number => {
    if (this.#laps === 0) return workOf(rows);
    const guessedMs = this.#ms / this.#work;
    const measured = this.#workMs + BELIEVED_SQUARES * guessedMs;
    const slopeMs = Math.max(0, measured / (this.#workSquared + BELIEVED_SQUARES));
    return Math.max(this.#ms * 0.01, this.#ms + (workOf(rows) - this.#work) * slopeMs);
  };
}

function workOf(rows: number): number {
  return (rows >> 1) * (1 + SECOND) + (rows & 1);
}
