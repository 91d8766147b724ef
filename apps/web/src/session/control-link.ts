/** Control messages over a peer link: JSON in control frames, checked on both ends; the rest of the link's frames are cancels. */
import { decodeFrame, encodeFrame, type ControlFrame, type FrameNumber } from "@jupiter/protocol";
import type { LinkClosed, PeerLink } from "@jupiter/transport";
import { RateLimit, type Rate } from "./rate-limit.ts";

export interface ControlLinkOptions<Sent, Received> {
  readonly link: PeerLink;
  readonly frameOf: (message: Sent) => ControlFrame;
  readonly parse: (frame: ControlFrame) => Received;
  readonly received: (message: Received) => void;
  readonly cancelled?: (frames: readonly FrameNumber[]) => void;
  readonly closed: (event: LinkClosed) => void;
  /** What the other side may send; without it, whatever it likes. */
  readonly rate?: Rate;
}

export class ControlLink<Sent, Received> {
  readonly #options: ControlLinkOptions<Sent, Received>;
  /** Why this side closed the link; null: it did not, or was asked to. */
  #fault: string | null = null;
  readonly #limit: RateLimit | null;

  constructor(options: ControlLinkOptions<Sent, Received>) {
    this.#options = options;
    const { link, rate } = options;
    this.#limit = rate === undefined ? null : new RateLimit(rate, performance.now());
    link.events.on("message", (bytes) => this.#take(bytes));
    link.events.on("close", ({ reason, message }) => options.closed({ reason, message: this.#fault ?? message }));
  }

  /** Not awaited by anyone: a link that is lost says so by `closed`. */
  send(message: Sent): void {
    this.#sendBytes(encodeFrame(this.#options.frameOf(message)));
  }

  cancel(frames: readonly FrameNumber[]): void {
    this.#sendBytes(encodeFrame({ kind: "cancel", frames }));
  }

  close(): Promise<void> {
    return this.#options.link.close();
  }

  #sendBytes(bytes: Uint8Array): void {
    this.#options.link.send(bytes).catch(() => undefined);
  }

  #take(bytes: Uint8Array): void {
    if (this.#fault !== null) return; // what was under way when the link was closed
    if (this.#limit?.take(performance.now()) === false) {
      this.#end(`it sent more than ${this.#options.rate?.perSecond} messages a second`);
      return;
    }
    const message = this.#read(bytes);
    if (message !== null) this.#options.received(message);
  }

  /** Null: it was a cancel, or nothing that this link carries. */
  #read(bytes: Uint8Array): Received | null {
    try {
      const frame = decodeFrame(bytes);
      if (frame.kind === "control") return this.#options.parse(frame);
      if (frame.kind !== "cancel" || this.#options.cancelled === undefined) {
        throw new TypeError(`a ${frame.kind} frame came over a control link`);
      }
      this.#options.cancelled(frame.frames);
    } catch (error) {
      // Whoever sends such bytes is broken, hostile, or an older page: the link ends, the room goes on.
      const what = error instanceof Error ? error.message : String(error);
      this.#end(`it sent what this page does not understand (${what}); reload both pages`);
    }
    return null;
  }

  #end(fault: string): void {
    this.#fault = fault;
    void this.#options.link.close();
  }
}
