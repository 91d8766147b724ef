/** Calls to a worker that is ended without a word: whoever waits for an answer is told. */
import type { Remote } from "comlink";

type Method = (...args: unknown[]) => Promise<unknown>;

export class Calls<Api> {
  /** As `remote`, with answers that reject when the worker is ended. */
  readonly api: Remote<Api>;
  /** Of each call that has no answer yet. */
  readonly #rejects = new Set<(error: Error) => void>();
  #ended: Error | null = null;

  constructor(remote: Remote<Api>) {
    const methods = new Map<string, Method>();
    this.api = new Proxy(remote, {
      get: (_, name) => {
        // What `await` and the like look for is no method of a worker.
        if (typeof name === "symbol" || name === "then") return undefined;
        const call = Reflect.get(remote, name) as Method;
        const method = methods.get(name) ?? ((...args) => this.#answered(() => call(...args)));
        methods.set(name, method);
        return method;
      },
    });
  }

  /** Rejects what is waited for, and every later call. */
  end(error: Error): void {
    this.#ended = error;
    for (const reject of this.#rejects) reject(error);
    this.#rejects.clear();
  }

  #answered(call: () => Promise<unknown>): Promise<unknown> {
    if (this.#ended !== null) return rejected(this.#ended);
    const answer = new Promise<unknown>((resolve, reject) => {
      const rejectEnded = (error: Error) => {
        reject(error);
        // Whoever asked for nothing back misses nothing.
        answer.catch(() => undefined);
      };
      this.#rejects.add(rejectEnded);
      const settled = () => this.#rejects.delete(rejectEnded);
      call().then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(error);
        },
      );
    });
    return answer;
  }
}

function rejected(error: Error): Promise<never> {
  const answer = Promise.reject(error);
  answer.catch(() => undefined);
  return answer;
}
