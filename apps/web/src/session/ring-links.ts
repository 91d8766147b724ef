/** Activations between neighbours: links opened by the sender, frames handed to and from the engine by transfer. */
import type { PeerId, Seat } from "@jupiter/protocol";
import type { IncomingLink, PeerLink, PeerLinks } from "@jupiter/transport";
import type { Engine } from "../engine/engine.ts";
import { IncomingFrames, type IncomingFramesOptions } from "./incoming-frames.ts";

export interface RingLinksOptions extends Omit<IncomingFramesOptions, "frame"> {
  readonly links: Pick<PeerLinks, "connect">;
  readonly engine: Pick<Engine, "events" | "frame">;
  /** Null: nobody of the room sits there at the moment. */
  readonly peerAt: (seat: Seat) => PeerId | null;
  readonly lost: (seat: Seat, message: string) => void;
}

export class RingLinks {
  readonly #options: RingLinksOptions;
  readonly #outgoing = new Map<Seat, PeerLink>();
  readonly #incoming: IncomingFrames;
  readonly #sentBefore = new Map<Seat, number>();

  constructor(options: RingLinksOptions) {
    this.#options = options;
    this.#incoming = new IncomingFrames({ ...options, frame: (from, bytes) => options.engine.frame(from, bytes) });
    options.engine.events.on("frame", ({ to, bytes }) => {
      const link = this.#outgoing.get(to);
      if (link === undefined) return; // the ring was given up meanwhile
      this.#incoming.left();
      link.send(bytes).catch((error: unknown) => this.#lost(to, link, String(error)));
    });
  }

  /** Opens the link to the next stage, or back to the host. Rejects `TransportError`. */
  async connect(seat: Seat, signal?: AbortSignal): Promise<void> {
    const peer = this.#options.peerAt(seat);
    if (peer === null) throw new TypeError(`nobody sits at ${seat} any more`);
    const link = await this.#options.links.connect(peer, "activations", signal === undefined ? {} : { signal });
    if (signal?.aborted) return link.close();
    this.#outgoing.set(seat, link);
    link.events.on("close", ({ message }) => this.#lost(seat, link, message));
  }

  /** A neighbour opened its link to this device; it stays until the neighbour closes it. */
  accept(incoming: IncomingLink): void {
    this.#incoming.accept(incoming);
  }

  /** The ring stands: whoever is to send is linked. */
  settle(): void {
    this.#incoming.settle();
  }

  /** The engine could do nothing with what came from this seat. */
  fault(seat: Seat, what: string): void {
    this.#incoming.fault(seat, what);
  }

  /** Nothing that this member sends is heard any more. */
  expel(peer: PeerId): void {
    this.#incoming.expel(peer);
  }

  /** Bytes sent so far, per neighbour. */
  get sentBytes(): ReadonlyMap<Seat, number> {
    const sums = new Map(this.#sentBefore);
    for (const [seat, link] of this.#outgoing) sums.set(seat, (sums.get(seat) ?? 0) + link.stats().sentBytes);
    return sums;
  }

  /** The ring is over: closes the links that this side opened. */
  async close(): Promise<void> {
    this.#incoming.giveUp();
    const links = [...this.#outgoing];
    this.#outgoing.clear();
    for (const [seat, link] of links)
      this.#sentBefore.set(seat, (this.#sentBefore.get(seat) ?? 0) + link.stats().sentBytes);
    await Promise.all(links.map(([, link]) => link.close()));
  }

  #lost(seat: Seat, link: PeerLink, message: string): void {
    if (this.#outgoing.get(seat) !== link) return;
    this.#outgoing.delete(seat);
    this.#options.lost(seat, message);
  }
}
