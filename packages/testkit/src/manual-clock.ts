/** Time that moves only when a test says so. */
export class ManualClock {
  #nowMs = 0;
  #next = 0;
  readonly #timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>();

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Returns the way to call it off. */
  after(delayMs: number, callback: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, delayMs), callback });
    return () => void this.#timers.delete(id);
  }

  /** Runs what falls due on the way, in order of time, then of setting; timers set on the way count too. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let due = this.#firstDue(endMs); due !== null; due = this.#firstDue(endMs)) {
      const timer = this.#timers.get(due);
      this.#timers.delete(due);
      if (!timer) break;
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.callback();
    }
    this.#nowMs = endMs;
  }

  #firstDue(endMs: number): number | null {
    let first: { readonly id: number; readonly atMs: number } | null = null;
    for (const [id, { atMs }] of this.#timers) {
      if (atMs <= endMs && (first === null || atMs < first.atMs)) first = { id, atMs };
    }
    return first?.id ?? null;
  }
}
