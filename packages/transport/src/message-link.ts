import { Emitter, LIMITS, type TypedEvents } from "@jupiter/protocol";
import { TransportError } from "./errors.ts";
import { FlowGate, WATERMARKS, type Watermarks } from "./flow.ts";
import type { LinkClosed, LinkStats, PeerLink, PeerLinkEvents } from "./peer-link.ts";
import { Reassembler, Slicer } from "./slicing.ts";

// What every browser's data channel takes in one piece.
const SLICE_BYTES = 16 << 10;

export interface LinkOptions {
  /** Header included. On a link with delay, 4.6 KB or less keeps a frame within one burst of Chromium's. */
  readonly sliceBytes?: number;
  readonly watermarks?: Watermarks;
}

/** The channel under a link: ordered, reliable, small messages. */
export interface SliceWire {
  /** Reads `slice` before it returns. May throw: the channel is then lost. */
  send(slice: Uint8Array): void;
  bufferedBytes(): number;
  /** Begins to close; what was sent before still arrives. The wire then calls `MessageLink.lost`. */
  shut(): void;
}

interface Outgoing {
  readonly message: Uint8Array;
  offset: number;
  /** Handed over whole; waits for the buffer to fall. */
  sent: boolean;
  readonly resolve: () => void;
  readonly reject: (error: TransportError) => void;
  readonly forget: () => void;
}

type State =
  { readonly kind: "open" } | { readonly kind: "closing" } | { readonly kind: "closed"; readonly event: LinkClosed };

/**
 * A `PeerLink` over any `SliceWire`: slicing, flow control, stats. The wire calls `receive`, `drained` and `lost`.
 *
 * Invariants: 1. slices of two messages never mix; 2. while the gate is shut nothing is given to the wire but an `abandon`; 3. a message whose `send` has
 * rejected arrives whole or not at all; 4. `close` is the last event.
 */
export class MessageLink implements PeerLink {
  readonly events: TypedEvents<PeerLinkEvents>;
  readonly #emitter = new Emitter<PeerLinkEvents>();
  readonly #wire: SliceWire;
  readonly #slicer: Slicer;
  readonly #reassembler = new Reassembler(LIMITS.frameBytes);
  readonly #gate: FlowGate;
  readonly #queue: Outgoing[] = [];
  #state: State = { kind: "open" };
  #unheard: Uint8Array[] = [];
  #unheardBytes = 0;
  #sentBytes = 0;
  #sentMessages = 0;
  #receivedBytes = 0;
  #receivedMessages = 0;

  constructor(wire: SliceWire, options: LinkOptions = {}) {
    this.#wire = wire;
    this.#slicer = new Slicer(options.sliceBytes ?? SLICE_BYTES);
    this.#gate = new FlowGate(options.watermarks ?? WATERMARKS);
    this.events = { on: (name, listener) => this.#on(name, listener) };
  }

  send(message: Uint8Array, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    if (this.#state.kind !== "open") return Promise.reject(this.#closedError());
    if (message.length > LIMITS.frameBytes) {
      const text = `a message has at most ${LIMITS.frameBytes} bytes; got ${message.length}. Send it in parts`;
      return Promise.reject(new TransportError("too-large", text));
    }
    if (signal?.aborted) return Promise.reject(aborted(signal));
    return new Promise((resolve, reject) => {
      const abort = () => this.#abort(outgoing, signal);
      signal?.addEventListener("abort", abort, { once: true });
      const forget = () => signal?.removeEventListener("abort", abort);
      const outgoing: Outgoing = { message, offset: 0, sent: false, resolve, reject, forget };
      this.#queue.push(outgoing);
      if (this.#queue.length === 1) this.#pump();
    });
  }

  stats(): LinkStats {
    const queued = this.#queue.reduce((sum, { message, offset }) => sum + message.length - offset, 0);
    return {
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      sentMessages: this.#sentMessages,
      receivedMessages: this.#receivedMessages,
      bufferedBytes: queued + (this.#state.kind === "closed" ? 0 : this.#wire.bufferedBytes()),
    };
  }

  close(): Promise<void> {
    if (this.#state.kind === "open") {
      this.#state = { kind: "closing" };
      this.#pump();
    }
    return new Promise((resolve) => void this.#on("close", () => resolve()));
  }

  /** A slice came. The link owns it. */
  receive(slice: Uint8Array): void {
    if (this.#state.kind === "closed") return;
    this.#receivedBytes += slice.length;
    let message: Uint8Array | null;
    try {
      message = this.#reassembler.push(slice);
      if (message) this.#deliver(message);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.#breakOff("bad-slice", error.message);
    }
  }

  /** The wire's buffer fell. */
  drained(): void {
    this.#pump();
  }

  /** The wire is closed. After `close()` that is what was asked for. */
  lost(event: LinkClosed): void {
    if (this.#state.kind === "closed") return;
    const closed: LinkClosed =
      this.#state.kind === "closing" ? { reason: "local", message: "the link was closed on this side" } : event;
    this.#state = { kind: "closed", event: closed };
    for (const outgoing of this.#queue.splice(0)) {
      outgoing.forget();
      outgoing.reject(this.#closedError());
    }
    this.#emitter.emit("close", closed);
  }

  #on<Name extends keyof PeerLinkEvents>(name: Name, listener: (event: PeerLinkEvents[Name]) => void): () => void {
    const off = this.#emitter.on(name, listener);
    if (name === "message" && this.#unheard.length > 0) {
      // Not inside `on`: the caller has not finished wiring.
      queueMicrotask(() => this.#hearUnheard());
    }
    if (name === "close" && this.#state.kind === "closed") {
      off();
      const late = new Emitter<PeerLinkEvents>();
      const { event } = this.#state;
      const offLate = late.on(name, listener);
      queueMicrotask(() => late.emit("close", event));
      return offLate;
    }
    return off;
  }

  #hearUnheard(): void {
    while (this.#emitter.has("message")) {
      const message = this.#unheard.shift();
      if (!message) return;
      this.#unheardBytes -= message.length;
      this.#emitter.emit("message", message);
    }
  }

  #deliver(message: Uint8Array): void {
    this.#receivedMessages++;
    if (this.#emitter.has("message") && this.#unheard.length === 0) {
      this.#emitter.emit("message", message);
      return;
    }
    this.#unheardBytes += message.length;
    this.#unheard.push(message);
    if (this.#unheardBytes > LIMITS.frameBytes) {
      throw new TransportError("bad-slice", `more than ${LIMITS.frameBytes} bytes came before anyone listened`);
    }
  }

  /** The one function that gives slices to the wire. */
  #pump(): void {
    if (this.#state.kind === "closed") return;
    try {
      for (let head = this.#queue[0]; head && this.#gate.isOpen(this.#wire.bufferedBytes()); head = this.#queue[0]) {
        if (!head.sent) this.#sendSliceOf(head);
        if (!head.sent || !this.#gate.isOpen(this.#wire.bufferedBytes())) continue;
        this.#queue.shift();
        head.forget();
        head.resolve();
      }
      if (this.#state.kind === "closing" && this.#queue.length === 0) this.#wire.shut();
    } catch (error) {
      this.#breakOff("failed", `the channel refused a slice: ${String(error)}`);
    }
  }

  /** From this side; the connection goes with the link. */
  #breakOff(reason: LinkClosed["reason"], message: string): void {
    this.lost({ reason, message });
    this.#wire.shut();
  }

  #sendSliceOf(head: Outgoing): void {
    const slice = this.#slicer.slice(head.message, head.offset);
    this.#wire.send(slice);
    this.#sentBytes += slice.length;
    head.offset += this.#slicer.payloadBytes(head.message, head.offset);
    if (head.offset < head.message.length) return;
    head.sent = true;
    this.#sentMessages++;
  }

  #abort(outgoing: Outgoing, signal: AbortSignal | undefined): void {
    const at = this.#queue.indexOf(outgoing);
    if (at < 0 || outgoing.sent) return;
    this.#queue.splice(at, 1);
    outgoing.reject(aborted(signal));
    try {
      if (outgoing.offset > 0) this.#wire.send(this.#slicer.abandon());
    } catch (error) {
      this.#breakOff("failed", `the channel refused a slice: ${String(error)}`);
    }
    this.#pump();
  }

  #closedError(): TransportError {
    const why = this.#state.kind === "closed" ? this.#state.event.message : "it is being closed on this side";
    return new TransportError("closed", `the link is closed (${why}); connect again to send`);
  }
}

function aborted(signal: AbortSignal | undefined): TransportError {
  return new TransportError("aborted", "the message was withdrawn before it was sent", { cause: signal?.reason });
}
