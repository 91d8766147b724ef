import {
  Emitter,
  type LinkChannel,
  type LinkMeasure,
  type PeerId,
  PeerSignal,
  type TypedEvents,
} from "@jupiter/protocol";
import { TransportError } from "./errors.ts";
import { answerProbes, measureLink } from "./measure-link.ts";
import type { LinkOptions } from "./message-link.ts";
import type { PeerLink } from "./peer-link.ts";
import { type Connecting, connectPeer } from "./simple-peer-link.ts";

export interface PeerLinksOptions extends LinkOptions {
  /** Read anew for every connection. */
  readonly iceServers: readonly RTCIceServer[];
  readonly relayOnly?: boolean;
  /** The room's authenticated way to a member, before there is a connection. */
  readonly sendSignal: (to: PeerId, signal: PeerSignal) => void;
  readonly timeoutMs?: number;
  /** What this side sends through instead of a link, whoever opened it. */
  readonly adapt?: (link: PeerLink, to: PeerId, channel: LinkChannel) => PeerLink;
}

export interface IncomingLink {
  readonly from: PeerId;
  readonly channel: LinkChannel;
  readonly link: PeerLink;
}

export interface PeerLinksEvents {
  /** A member opened a link to this one. */
  incoming: IncomingLink;
  /** One that a member began did not come about, or its signal was refused. */
  failed: { readonly from: PeerId; readonly error: TransportError };
}

// A member that begins connections without finishing them gets no further.
const MAX_INCOMING_PER_PEER = 8;

/** Many connections over one signaling channel: each link is a peer connection of its own, told apart by the id its initiator chose. */
export class PeerLinks {
  readonly events: TypedEvents<PeerLinksEvents>;
  readonly #emitter = new Emitter<PeerLinksEvents>();
  readonly #options: PeerLinksOptions;
  readonly #connecting = new Map<
    string,
    { readonly from: PeerId; readonly incoming: boolean; readonly connection: Connecting }
  >();

  constructor(options: PeerLinksOptions) {
    this.#options = options;
    this.events = this.#emitter;
  }

  /** Rejects `TransportError` as `connectPeer` does. The other side gets the link by its `incoming` event. */
  async connect(to: PeerId, channel: LinkChannel, options: { readonly signal?: AbortSignal } = {}): Promise<PeerLink> {
    const link = await this.#begin(to, channel, newConnectionId(), true, options.signal);
    return this.#adapted(link, to, channel);
  }

  /** Opens a link to be measured, and closes it again. Rejects `TransportError` as `connect` and `measureLink` do. */
  async measure(to: PeerId, options: { readonly signal?: AbortSignal } = {}): Promise<LinkMeasure> {
    const link = await this.connect(to, "probe", options);
    try {
      return await measureLink(link, { nowMs, rest, ...options });
    } finally {
      void link.close();
    }
  }

  /** The other end of `measure`: for a link that came in for it. */
  answer(link: PeerLink): void {
    answerProbes(link, nowMs);
  }

  /** A signal that the room delivered, authenticated as `from`'s. Never throws: what is wrong with it is told by `failed`. */
  receiveSignal(from: PeerId, payload: unknown): void {
    const parsed = PeerSignal.safeParse(payload);
    if (!parsed.success)
      return this.#fail(from, new TransportError("bad-signal", "expected a link's signal", { cause: parsed.error }));
    const { channel, connection: id, signal } = parsed.data;
    const key = `${from} ${id}`;
    if (!this.#connecting.has(key)) {
      if (signal.type !== "offer") return; // Candidates of a connection that was given up.
      const open = [...this.#connecting.values()].filter((entry) => entry.incoming && entry.from === from);
      if (open.length >= MAX_INCOMING_PER_PEER) {
        return this.#fail(
          from,
          new TransportError("connect-failed", `${open.length} connections of this member are pending already`),
        );
      }
      this.#begin(from, channel, id, false, undefined).then(
        (link) => this.#emitter.emit("incoming", { from, channel, link: this.#adapted(link, from, channel) }),
        (error: unknown) => this.#fail(from, error as TransportError),
      );
    }
    try {
      this.#connecting.get(key)?.connection.receiveSignal(signal);
    } catch (error) {
      this.#fail(from, error as TransportError);
    }
  }

  #begin(
    peer: PeerId,
    channel: LinkChannel,
    id: string,
    initiator: boolean,
    signal: AbortSignal | undefined,
  ): Promise<PeerLink> {
    // Reads them: `iceServers` may be a getter.
    const { sendSignal, ...options } = this.#options;
    const connection = connectPeer({
      ...options,
      initiator,
      sendSignal: (data) => sendSignal(peer, { channel, connection: id, signal: data }),
      ...(signal === undefined ? {} : { signal }),
    });
    const key = `${peer} ${id}`;
    this.#connecting.set(key, { from: peer, incoming: !initiator, connection });
    return connection.link.finally(() => this.#connecting.delete(key));
  }

  #adapted(link: PeerLink, peer: PeerId, channel: LinkChannel): PeerLink {
    return this.#options.adapt?.(link, peer, channel) ?? link;
  }

  #fail(from: PeerId, error: TransportError): void {
    this.#emitter.emit("failed", { from, error });
  }
}

const nowMs = (): number => performance.now();

const REST_MS = 5;
const rest = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, REST_MS));

function newConnectionId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
