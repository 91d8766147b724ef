/** A link that behaves as if it were slower and farther: for studies of networks that are not here. */
import { LIMITS, type TypedEvents } from "@jupiter/protocol";
import { TransportError } from "./errors.ts";
import { Medium, ShapedPath, type LinkShape } from "./link-shape.ts";
import type { LinkStats, PeerLink, PeerLinkEvents } from "./peer-link.ts";

export interface LinkClock {
  nowMs(): number;
  /** Calls back in order of time, then of asking; returns the way to call it off. */
  after(delayMs: number, callback: () => void): () => void;
}

export interface ShapingOptions {
  readonly clock: LinkClock;
  readonly seed: number;
  /** Shared with other links that send through it one after the other. */
  readonly medium?: Medium;
}

interface Waiting {
  readonly message: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: TransportError) => void;
  readonly forget: () => void;
}

/**
 * Shapes what this end sends: a message is held until it would have arrived, then handed to the link underneath, whose own time comes on top. Shape both
 * ends for both directions. `send` resolves when the rate lets the next one go, as if the message had left; it is copied then.
 *
 * Invariants: 1. messages leave one at a time, in order; 2. an aborted one has not left; 3. what has left when `close` is called arrives.
 */
export class ShapedLink implements PeerLink {
  readonly events: TypedEvents<PeerLinkEvents>;
  readonly #inner: PeerLink;
  readonly #path: ShapedPath;
  readonly #clock: LinkClock;
  readonly #queue: Waiting[] = [];
  #onTheWay = 0;
  #isSending = false;
  #isClosing = false;
  #closed: string | null = null;

  constructor(inner: PeerLink, shape: LinkShape, { clock, seed, medium = new Medium() }: ShapingOptions) {
    this.#inner = inner;
    this.#clock = clock;
    this.#path = new ShapedPath(shape, seed, medium);
    this.events = inner.events;
    inner.events.on("close", ({ message }) => {
      this.#closed = message;
      for (const { forget, reject } of this.#queue.splice(0)) {
        forget();
        reject(this.#closedError());
      }
    });
  }

  send(message: Uint8Array, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    if (this.#closed !== null || this.#isClosing) return Promise.reject(this.#closedError());
    // The link underneath has the words for it.
    if (message.length > LIMITS.frameBytes || signal?.aborted === true) return this.#inner.send(message, options);
    return new Promise((resolve, reject) => {
      const abort = () => {
        const at = this.#queue.indexOf(waiting);
        if (at < 0) return;
        this.#queue.splice(at, 1);
        reject(
          new TransportError("aborted", "the message was withdrawn before it was sent", { cause: signal?.reason }),
        );
        this.#endIfDrained();
      };
      signal?.addEventListener("abort", abort, { once: true });
      const forget = () => signal?.removeEventListener("abort", abort);
      const waiting: Waiting = { message, resolve, reject, forget };
      this.#queue.push(waiting);
      this.#pump();
    });
  }

  stats(): LinkStats {
    const stats = this.#inner.stats();
    const held = this.#queue.reduce((sum, { message }) => sum + message.length, 0);
    return { ...stats, bufferedBytes: stats.bufferedBytes + held };
  }

  close(): Promise<void> {
    this.#isClosing = true;
    this.#endIfDrained();
    return new Promise((resolve) => void this.events.on("close", () => resolve()));
  }

  /** Lets the first message go. It stays in the queue, to be aborted, until the rate has let all of it through. */
  #pump(): void {
    const first = this.#queue[0];
    if (first === undefined || this.#isSending) return;
    this.#isSending = true;
    const startMs = this.#clock.nowMs();
    const { sentMs, arrivesMs } = this.#path.next(first.message.length, startMs);
    this.#clock.after(sentMs - startMs, () => {
      this.#isSending = false;
      if (this.#queue[0] === first) this.#leave(first, arrivesMs);
      this.#pump();
    });
  }

  #leave({ message, forget, resolve }: Waiting, arrivesMs: number): void {
    this.#queue.shift();
    this.#onTheWay++;
    const copy = message.slice();
    forget();
    resolve();
    this.#clock.after(Math.max(0, arrivesMs - this.#clock.nowMs()), () => {
      this.#onTheWay--;
      // That the link is lost is told by its event.
      if (this.#closed === null) this.#inner.send(copy).catch(() => undefined);
      this.#endIfDrained();
    });
  }

  #endIfDrained(): void {
    if (this.#isClosing && this.#queue.length === 0 && this.#onTheWay === 0) void this.#inner.close();
  }

  #closedError(): TransportError {
    const why = this.#closed ?? "it is being closed on this side";
    return new TransportError("closed", `the link is closed (${why}); connect again to send`);
  }
}
