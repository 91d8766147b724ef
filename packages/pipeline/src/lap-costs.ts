/**
 * What a lap of few rows takes, as measured: a line through the laps seen, those of long ago fading. Until laps of several sizes were
 * seen, a further row is taken for a third of the first, which is what it costs on wasm.
 */
import type { LapEvent } from "./host-driver.ts";

/** Kernels change their ways beyond. */
const FEW_ROWS = 16;
/** What is left of a lap's weight after each further one. */
const FADE = 0.97;
/** Laps by which the first guess counts against measured slopes. */
const BELIEF = 4;
const FIRST_GUESS = 1 / 3;
/** A tab that was held up says nothing of what rows cost. */
const OUTLIER = 3;

export class LapCosts {
  #laps = 0;
  #rows = 0;
  #ms = 0;
  /** Sums of squares and products about the means. */
  #rowsSquared = 0;
  #rowsMs = 0;

  observe({ rows, lapMs, headMs, stageTimes, wanted, dead }: LapEvent): void {
    if (!wanted || dead || rows > FEW_ROWS) return;
    const queuedMs = stageTimes.reduce((sum, { queueUs }) => sum + queueUs / 1000, 0);
    const ms = Math.max(0, lapMs - queuedMs) + headMs;
    const expected = this.costOf(rows);
    if (this.#laps > BELIEF && ms > OUTLIER * expected) return;
    const before = this.#laps * FADE;
    this.#laps = before + 1;
    const [fromRows, fromMs] = [rows - this.#rows, ms - this.#ms];
    this.#rows += fromRows / this.#laps;
    this.#ms += fromMs / this.#laps;
    this.#rowsSquared = this.#rowsSquared * FADE + fromRows * (rows - this.#rows);
    this.#rowsMs = this.#rowsMs * FADE + fromRows * (ms - this.#ms);
  }

  /** Milliseconds once laps were seen; before, in laps of one row. */
  readonly costOf = (rows: number): number => {
    if (this.#laps === 0) return 1 + (rows - 1) * FIRST_GUESS;
    const guessedMs = (this.#ms * FIRST_GUESS) / (1 + (this.#rows - 1) * FIRST_GUESS);
    const slopeMs = Math.max(0, (this.#rowsMs + BELIEF * guessedMs) / (this.#rowsSquared + BELIEF));
    return Math.max(this.#ms * 0.01, this.#ms + (rows - this.#rows) * slopeMs);
  };
}
