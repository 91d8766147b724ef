/** Resolves after `delayMs`, rejects with the signal's reason when it aborts. Tests bring their own. */
export type Wait = (delayMs: number, signal: AbortSignal) => Promise<void>;

/** `Wait` on the clock. */
export function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, delayMs);
    signal.addEventListener("abort", abort, { once: true });
  });
}
