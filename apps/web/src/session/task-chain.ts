import { abortable } from "./abortable.ts";

export type Task = (aborted: AbortSignal) => Promise<void>;

/** One task after the other, in the order in which they were added. */
export class TaskChain {
  readonly #failed: (error: unknown) => void;
  #abort = new AbortController();
  #last: Promise<void> = Promise.resolve();

  /** `failed`: hears what a task threw, unless it was dropped. The next one runs all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(task: Task): void {
    const { signal: aborted } = this.#abort;
    this.#last = this.#last.then(async () => {
      if (aborted.aborted) return;
      try {
        await abortable(task(aborted), aborted);
      } catch (error) {
        if (!aborted.aborted) this.#failed(error);
      }
    });
  }

  /** Nobody waits any more for the task that runs, as a worker that was ended never answers; those that were to follow do not start. */
  drop(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
  }
}
