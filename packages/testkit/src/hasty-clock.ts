interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Goes on to whatever is due next as soon as nothing else is left to do. */
export class HastyClock {
  #nowMs = 0;
  #timers: readonly Timer[] = [];
  #isGoing = false;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Calls back in order of time, then of asking; returns the way to call it off. */
  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers = [...this.#timers, timer].sort((a, b) => a.dueMs - b.dueMs);
    this.#go();
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** One timer at a time: what its callback starts in microtasks comes before the next. */
  #go(): void {
    if (this.#isGoing) return;
    this.#isGoing = true;
    setImmediate(() => {
      this.#isGoing = false;
      const [next, ...later] = this.#timers;
      if (next === undefined) return;
      this.#timers = later;
      this.#nowMs = next.dueMs;
      this.#go();
      next.callback();
    });
  }
}
