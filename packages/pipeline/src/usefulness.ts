/**
 * Whether a drafter that takes time is worth asking, by experience: at what share of the places where it guessed one of its guesses held. One
 * that is hardly ever right is asked now and then only, to see whether the text has become one that it knows.
 */

/** Right at fewer of its places than this: what it brings is less than what a drafting step takes of any ring. */
const LEAST_SHARE = 0.15;
/** Places by which a new one is believed. */
const BELIEF = 8;
/** Places after which old ones count half. */
const MEMORY = 64;
/** One of so many places while it is not worth asking. */
const SELDOM = 8;

export class Usefulness {
  #right = 0;
  #places = 0;

  judge(isRight: boolean): void {
    this.#places++;
    if (isRight) this.#right++;
    if (this.#places <= MEMORY) return;
    this.#places /= 2;
    this.#right /= 2;
  }

  isWorthAsking(position: number): boolean {
    const share = (this.#right + BELIEF * LEAST_SHARE * 2) / (this.#places + BELIEF);
    return share >= LEAST_SHARE || position % SELDOM === 0;
  }
}
