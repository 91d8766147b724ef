/**
 * Time that passes only from event to event. What falls due at one instant runs in the order in which it was set, so that a run is the same each
 * time.
 */
interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

export class VirtualClock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap, the earliest first. */
  readonly #heap: Due[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Returns the way to call it off. Throws for a delay that is no time. */
  after(delayMs: number, callback: () => void): () => void {
    if (!(delayMs >= 0 && delayMs < Infinity)) throw new RangeError(`a delay is 0 ms or more, not ${delayMs}`);
    const due: Due = { atMs: this.#nowMs + delayMs, order: this.#order++, callback, isCancelled: false };
    this.#push(due);
    return () => void (due.isCancelled = true);
  }

  /** Runs callbacks until none is left. For code without promises. */
  runSync(): void {
    while (this.#step());
  }

  /**
   * The same for code that waits for promises: between two events every promise job has run to its end, however long its chain, because the event
   * loop goes on to a macrotask only when there is none left.
   */
  async run(): Promise<void> {
    await allPromiseJobs();
    while (this.#step()) await allPromiseJobs();
  }

  #step(): boolean {
    for (let due = this.#pop(); due !== undefined; due = this.#pop()) {
      if (due.isCancelled) continue;
      this.#nowMs = due.atMs;
      due.callback();
      return true;
    }
    return false;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, due)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function allPromiseJobs(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
