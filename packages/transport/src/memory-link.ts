import { type LinkOptions, MessageLink, type SliceWire } from "./message-link.ts";
import type { PeerLink } from "./peer-link.ts";

export interface MemoryPair {
  readonly links: readonly [PeerLink, PeerLink];
  /** From now on, slices of both directions stay in their sender's buffer. */
  hold(): void;
  /** Lets what was held go, and all that follows. */
  release(): void;
  /** The connection breaks: both links fail. */
  cut(): void;
}

/** Two ends of a link within one process, with the same slicing and flow control as a real one. Slices are delivered in microtasks. */
export function memoryLinkPair(options: LinkOptions = {}): MemoryPair {
  const a = new MemoryWire();
  const b = new MemoryWire();
  const links = [new MessageLink(a, options), new MessageLink(b, options)] as const;
  a.attach(links[0], links[1]);
  b.attach(links[1], links[0]);
  const wires = [a, b];
  return {
    links,
    hold: () => wires.forEach((wire) => wire.hold()),
    release: () => wires.forEach((wire) => wire.release()),
    cut: () => links.forEach((link) => link.lost({ reason: "failed", message: "the connection was cut" })),
  };
}

/** `null` in the buffer is the end: it travels behind the slices, as a data channel's closing does. */
class MemoryWire implements SliceWire {
  #own: MessageLink | null = null;
  #peer: MessageLink | null = null;
  #held = false;
  #shut = false;
  #bufferedBytes = 0;
  readonly #buffer: (Uint8Array | null)[] = [];

  attach(own: MessageLink, peer: MessageLink): void {
    this.#own = own;
    this.#peer = peer;
  }

  send(slice: Uint8Array): void {
    this.#bufferedBytes += slice.length;
    this.#buffer.push(slice.slice());
    this.#schedule();
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  shut(): void {
    if (this.#shut) return;
    this.#shut = true;
    this.#buffer.push(null);
    this.#schedule();
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (let i = this.#buffer.length; i > 0; i--) this.#schedule();
  }

  #schedule(): void {
    queueMicrotask(() => {
      if (!this.#held) this.#deliverOne();
    });
  }

  #deliverOne(): void {
    const slice = this.#buffer.shift();
    if (slice === undefined) return;
    if (slice === null) {
      this.#peer?.lost({ reason: "remote", message: "the peer closed the link" });
      this.#own?.lost({ reason: "local", message: "the link was closed on this side" });
      return;
    }
    this.#bufferedBytes -= slice.length;
    this.#peer?.receive(slice);
    this.#own?.drained();
  }
}
