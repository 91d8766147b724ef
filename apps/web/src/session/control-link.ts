/** Control messages over a peer link: JSON in control frames, checked on both ends; the rest of the link's frames are cancels. */
import { decodeFrame, encodeFrame, type ControlFrame, type FrameNumber } from "@jupiter/protocol";
import type { LinkClosed, PeerLink } from "@jupiter/transport";

export interface ControlLinkOptions<Sent, Received> {
  readonly link: PeerLink;
  readonly frameOf: (message: Sent) => ControlFrame;
  readonly parse: (frame: ControlFrame) => Received;
  readonly received: (message: Received) => void;
  readonly cancelled?: (frames: readonly FrameNumber[]) => void;
  readonly closed: (event: LinkClosed) => void;
}

export class ControlLink<Sent, Received> {
  readonly #options: ControlLinkOptions<Sent, Received>;

  constructor(options: ControlLinkOptions<Sent, Received>) {
    this.#options = options;
    const { link } = options;
    link.events.on("message", (bytes) => this.#take(bytes));
    link.events.on("close", options.closed);
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
    try {
      const frame = decodeFrame(bytes);
      if (frame.kind === "control") this.#options.received(this.#options.parse(frame));
      else if (frame.kind === "cancel" && this.#options.cancelled !== undefined) this.#options.cancelled(frame.frames);
      else throw new TypeError(`a ${frame.kind} frame came over a control link`);
    } catch (error) {
      // Whoever sends such bytes is broken or hostile: the link ends, the room goes on.
      console.warn("control link closed:", error);
      void this.#options.link.close();
    }
  }
}
