/**
 * What something takes by its rows, as measured: a line through what was seen, that of long ago fading, over the work that rows are. Until several sizes
 * were seen, it is taken for nothing but work.
 */

/** What is left of an observation's weight after each further one. */
const FADE = 0.97;
/** Kernels on wasm take rows two by two, and the second of a pair for so much of the first; on a GPU all rows cost the same, and the line is flat. */
const SECOND = 1 / 4;
/** Observations by which the first guess counts against measured slopes, were half of them of one row and half of two. */
const BELIEF = 4;
const BELIEVED_SQUARES = BELIEF * (SECOND / 2) ** 2;
/** A tab that was held up says nothing of what rows cost. */
const OUTLIER = 3;

export class RowCosts {
  #count = 0;
  #work = 0;
  #ms = 0;
  /** Sums of squares and products about the means. */
  #workSquared = 0;
  #workMs = 0;

  get isKnown(): boolean {
    return this.#count > 0;
  }

  observe(rows: number, ms: number): void {
    const expected = this.costOf(rows);
    if (this.#count > BELIEF && ms > OUTLIER * expected) return;
    const before = this.#count * FADE;
    this.#count = before + 1;
    const work = workOf(rows);
    const [fromWork, fromMs] = [work - this.#work, ms - this.#ms];
    this.#work += fromWork / this.#count;
    this.#ms += fromMs / this.#count;
    this.#workSquared = this.#workSquared * FADE + fromWork * (work - this.#work);
    this.#workMs = this.#workMs * FADE + fromWork * (ms - this.#ms);
  }

  /** Milliseconds once something was seen; before, in those of one row. */
  readonly costOf = (rows: number): number => {
    if (this.#count === 0) return workOf(rows);
    const guessedMs = this.#ms / this.#work;
    const measured = this.#workMs + BELIEVED_SQUARES * guessedMs;
    const slopeMs = Math.max(0, measured / (this.#workSquared + BELIEVED_SQUARES));
    return Math.max(this.#ms * 0.01, this.#ms + (workOf(rows) - this.#work) * slopeMs);
  };
}

function workOf(rows: number): number {
  return (rows >> 1) * (1 + SECOND) + (rows & 1);
}
