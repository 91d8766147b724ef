/**
 * Signals for links, to members that the server does not know at the moment: after it was away, members come back one after the other, within
 * seconds. What cannot be sent in that time ends in the link's own time-out, which says what to do.
 */
import type { PeerId } from "@jupiter/protocol";

/** Shorter than a link's own time-out, longer than the pauses between a member's tries to come back. */
const PATIENCE_MS = 15_000;
const AGAIN_MS = 500;

export interface PatientSignalsOptions {
  readonly send: (to: PeerId, payload: object) => Promise<void>;
  /** The member, or the server, may be back soon. */
  readonly mayPass: (error: unknown) => boolean;
  /** For tests; default: the clock. */
  readonly wait?: (delayMs: number) => Promise<void>;
}

/** What was held back goes out in its order. */
export class PatientSignals {
  readonly #options: PatientSignalsOptions;
  /** Of members that could not be reached. */
  readonly #held = new Map<PeerId, object[]>();

  constructor(options: PatientSignalsOptions) {
    this.#options = options;
  }

  send(to: PeerId, payload: object): void {
    const held = this.#held.get(to);
    if (held === undefined) this.#options.send(to, payload).catch((error: unknown) => this.#failed(to, payload, error));
    else held.push(payload);
  }

  #failed(to: PeerId, payload: object, error: unknown): void {
    if (!this.#options.mayPass(error)) return;
    const held = this.#held.get(to);
    if (held !== undefined) {
      held.push(payload);
      return;
    }
    this.#held.set(to, [payload]);
    void this.#deliver(to);
  }

  async #deliver(to: PeerId): Promise<void> {
    const { send, mayPass, wait = elapsed } = this.#options;
    const held = this.#held.get(to) ?? [];
    let waitedMs = 0;
    for (let next = held[0]; next !== undefined && waitedMs < PATIENCE_MS; next = held[0]) {
      const problem = await send(to, next).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (problem !== null && mayPass(problem.error)) {
        await wait(AGAIN_MS);
        waitedMs += AGAIN_MS;
      } else {
        held.shift();
        waitedMs = 0;
      }
    }
    this.#held.delete(to);
  }
}

function elapsed(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
