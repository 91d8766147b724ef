/**
 * Callbacks at a time, to a fraction of a millisecond, that keep the thread free for messages: a timer for most of the wait, as timers come late and
 * not below some milliseconds, then turns of the message queue.
 */
import { soon } from "./soon.ts";

const BY_TURNS_MS = 3;

interface Due {
  readonly atMs: number;
  readonly callback: () => void;
}

export class PreciseClock {
  /** In order of time, then of asking. */
  readonly #due: Due[] = [];
  readonly #soon: (callback: () => void) => void;
  #isTurning = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `turn` calls back after the messages that are waiting. */
  constructor(turn = soon) {
    this.#soon = turn;
  }

  nowMs(): number {
    return performance.now();
  }

  /** Returns the way to call it off. */
  after(delayMs: number, callback: () => void): () => void {
    const due = { atMs: this.nowMs() + delayMs, callback };
    const at = this.#due.findIndex(({ atMs }) => atMs > due.atMs);
    this.#due.splice(at < 0 ? this.#due.length : at, 0, due);
    this.#wait();
    return () => {
      const found = this.#due.indexOf(due);
      if (found >= 0) this.#due.splice(found, 1);
    };
  }

  #wait(): void {
    const first = this.#due[0];
    if (this.#isTurning || first === undefined) return;
    clearTimeout(this.#timer);
    const leftMs = first.atMs - this.nowMs();
    if (leftMs > BY_TURNS_MS) this.#timer = setTimeout(() => this.#wait(), leftMs - BY_TURNS_MS);
    else {
      this.#isTurning = true;
      this.#soon(() => this.#turn());
    }
  }

  #turn(): void {
    this.#isTurning = false;
    for (let first = this.#due[0]; first !== undefined && first.atMs <= this.nowMs(); first = this.#due[0]) {
      this.#due.shift();
      first.callback();
    }
    this.#wait();
  }
}
