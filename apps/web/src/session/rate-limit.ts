/** How many messages a peer may send, over any time and at once. Pure: time is told. */
export interface Rate {
  readonly perSecond: number;
  /** That may come together, as after a pause of this page. */
  readonly burst: number;
}

export class RateLimit {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** False: one too many, which costs nothing of what may come later. */
  take(nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * perSecond) / 1000);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
