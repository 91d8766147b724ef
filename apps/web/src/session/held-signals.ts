/**
 * Signals of members that this device has nothing to do with, as far as it knows: a device that waits to be let in gets no answer, and so no
 * link and no address. One of a ring's neighbours may be quicker than the host's word of that ring, so signals wait for it.
 */
import type { PeerId } from "@jupiter/protocol";

export interface HeldSignalsOptions {
  readonly deliver: (from: PeerId, payload: unknown) => void;
}

/** More than a ring has. */
const MAX_PEERS = 64;
/** Of one connection: an offer, and candidates. */
const MAX_OF_PEER = 64;

export class HeldSignals {
  readonly #deliver: HeldSignalsOptions["deliver"];
  #known: ReadonlySet<PeerId> = new Set();
  readonly #held = new Map<PeerId, unknown[]>();

  constructor({ deliver }: HeldSignalsOptions) {
    this.#deliver = deliver;
  }

  take(from: PeerId, payload: unknown): void {
    if (this.#known.has(from)) return this.#deliver(from, payload);
    const held = this.#held.get(from) ?? [];
    if (held.length >= MAX_OF_PEER || (held.length === 0 && this.#held.size >= MAX_PEERS)) return;
    this.#held.set(from, [...held, payload]);
  }

  /** From now on these alone are heard, and what they said before; what others said is dropped. */
  know(peers: readonly PeerId[]): void {
    this.#known = new Set(peers);
    const held = peers.map((peer) => [peer, this.#held.get(peer) ?? []] as const);
    this.#held.clear();
    for (const [peer, payloads] of held) for (const payload of payloads) this.#deliver(peer, payload);
  }
}
