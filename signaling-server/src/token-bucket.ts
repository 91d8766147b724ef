/** Allows `rate` units a second on average and `burst` at once. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #lastMs: number;

  constructor(rate: number, burst: number, nowMs: () => number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#nowMs = nowMs;
    this.#tokens = burst;
    this.#lastMs = nowMs();
  }

  /** Takes `units` if they are there; false: too fast. */
  take(units: number): boolean {
    const nowMs = this.#nowMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#lastMs) / 1000) * this.#rate);
    this.#lastMs = nowMs;
    if (this.#tokens < units) return false;
    this.#tokens -= units;
    return true;
  }
}
