/**
 * A tab that is really slower: its process stands still for most of every few milliseconds, page, worker and links alike. DevTools' CPU throttling slows a
 * page's own thread alone, and layers are computed by its worker.
 */
import { Worker } from "node:worker_threads";
import type { Page } from "playwright";
import { processOf } from "./ring/tab-processes.ts";

/** Long against the system's own turns, short against a frame. */
const PERIOD_MS = 12;

/** A thread of its own keeps time whatever else this program does. Clean-up waits for it: a process must not be left standing. */
const KEEPER = `
const { workerData: { pid, runMs, periodMs, ended } } = require("node:worker_threads");
const endedBy = (ms) => Atomics.wait(ended, 0, 0, Math.max(0, ms - performance.now())) !== "timed-out";
try {
  for (let dueMs = performance.now(), isOver = false; !isOver; dueMs = Math.max(dueMs + periodMs, performance.now())) {
    process.kill(pid, "SIGSTOP");
    isOver = endedBy(dueMs + periodMs - runMs);
    process.kill(pid, "SIGCONT");
    isOver ||= endedBy(dueMs + periodMs);
  }
} catch (error) {
  if (error.code !== "ESRCH") throw error; // the tab was closed
}
`;

export class SlowedTab implements AsyncDisposable {
  readonly #ended: Int32Array;
  readonly #over: Promise<void>;

  private constructor(ended: Int32Array, over: Promise<void>) {
    this.#ended = ended;
    this.#over = over;
  }

  /** Until it is disposed of, the tab gets one of `factor` parts of the time. Null where tabs cannot be told apart. */
  static async trySlow(page: Page, factor: number): Promise<SlowedTab | null> {
    const pid = await processOf(page);
    if (pid === null) return null;
    const ended = new Int32Array(new SharedArrayBuffer(4));
    const workerData = { pid, runMs: PERIOD_MS / factor, periodMs: PERIOD_MS, ended };
    const keeper = new Worker(KEEPER, { eval: true, workerData });
    const over = new Promise<void>((resolve, reject) => {
      keeper.once("exit", () => resolve());
      keeper.once("error", reject);
    });
    return new SlowedTab(ended, over);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Atomics.store(this.#ended, 0, 1);
    Atomics.notify(this.#ended, 0);
    await this.#over;
  }
}
