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

  /** False: one too many. */
  take(nowMs: number): boolean {
    const { perSecond, burst } = this.#rate;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * perSecond) / 1000) - 1;
    this.#atMs = nowMs;
    return this.#left >= 0;
  }
}
