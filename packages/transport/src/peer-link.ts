import type { TypedEvents } from "@jupiter/protocol";

/**
 * A two-way, ordered, reliable link of whole messages to one peer.
 *
 * Order: messages arrive in the order of their `send` calls; a message is whole or does not come at all.
 * Ownership: `send` reads `message` until its promise settles, the caller leaves it unchanged that long. A received message belongs to the
 * listener; it starts at a multiple of 4 in its buffer. Messages that come before anyone listens wait for the first listener.
 * Failure: a link that is closed stays closed; every open `send` rejects, `close` is emitted once (also to those who ask later), and a new
 * link must be made. What the peer had received of the messages sent before is not known.
 */
export interface PeerLink {
  readonly events: TypedEvents<PeerLinkEvents>;
  /**
   * Resolves once the message is handed over and the link's buffer is below its high-water mark: await it before sending more.
   * Rejects `TransportError` 'closed' | 'too-large' | 'aborted'. An abort after the message was handed over comes too late and does nothing.
   */
  send(message: Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<void>;
  stats(): LinkStats;
  /** Sends what is still queued, then closes. Resolves when the link is closed, by whomever; never rejects. */
  close(): Promise<void>;
}

export interface PeerLinkEvents {
  message: Uint8Array;
  close: LinkClosed;
}

export interface LinkClosed {
  /** 'local' and 'remote' were asked for; 'failed': the connection was lost; 'bad-slice': the peer broke the rules of slicing. */
  readonly reason: "local" | "remote" | "failed" | "bad-slice";
  readonly message: string;
}

/** Since the link was made. Bytes on the channel, slice headers included. */
export interface LinkStats {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentMessages: number;
  readonly receivedMessages: number;
  /** Handed over, not yet on the network, plus what still waits in the link. */
  readonly bufferedBytes: number;
}
