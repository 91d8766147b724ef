/**
 * Signals of members of whom the host did not say that they were let in: a device that waits gets no answer, and so no link and no address. One
 * that was let in may be quicker than the host's word of it, so signals wait for that.
 */
import type { PeerId } from "@jupiter/protocol";

export interface HeldSignalsOptions {
  readonly deliver: (from: PeerId, payload: unknown) => void;
}

/** As many as may come at once; of more, the one that has waited longest goes. */
const MAX_PEERS = 16;
/** Of one connection: an offer, and candidates. */
const MAX_OF_PEER = 64;

export class HeldSignals {
  readonly #deliver: HeldSignalsOptions["deliver"];
  #known: ReadonlySet<PeerId> = new Set();
  /** The one that has waited longest first. */
  readonly #held = new Map<PeerId, unknown[]>();

  constructor({ deliver }: HeldSignalsOptions) {
    this.#deliver = deliver;
  }

  take(from: PeerId, payload: unknown): void {
    if (this.#known.has(from)) return this.#deliver(from, payload);
    const held = this.#held.get(from) ?? [];
    if (held.length >= MAX_OF_PEER) return;
    this.#held.set(from, [...held, payload]);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MAX_PEERS && oldest !== undefined) this.#held.delete(oldest);
  }

  /** From now on these alone are heard, and what they said before. */
  know(peers: readonly PeerId[]): void {
    this.#known = new Set(peers);
    for (const peer of peers) {
      const held = this.#held.get(peer) ?? [];
      this.#held.delete(peer);
      for (const payload of held) this.#deliver(peer, payload);
    }
  }
}
