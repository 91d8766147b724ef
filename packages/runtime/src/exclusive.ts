/** A result and what it took, from the start of the arithmetic to its end; waiting for its turn is not part of it. */
export interface Computed<T> {
  readonly result: T;
  readonly computeMs: number;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `task` when all that came before is done. onnxruntime is one per worker and not re-entrant: a stage and the head of one device must
 * never run at once.
 */
export function exclusive<T>(task: () => Promise<T>): Promise<Computed<T>> {
  const turn = last.then(async () => {
    const start = performance.now();
    const result = await task();
    return { result, computeMs: performance.now() - start };
  });
  last = turn.catch(() => undefined);
  return turn;
}
