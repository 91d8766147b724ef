import { ConnectionSignal } from "@jupiter/protocol";
import type SimplePeerTypes from "simple-peer";
import SimplePeer from "simple-peer/simplepeer.min.js";
import { TransportError } from "./errors.ts";
import { WATERMARKS } from "./flow.ts";
import { type LinkOptions, MessageLink, type SliceWire } from "./message-link.ts";
import type { PeerLink } from "./peer-link.ts";
import { RelayTrouble } from "./relay-trouble.ts";
import { Ways } from "./ways.ts";

const CONNECT_TIMEOUT_MS = 20_000;
const BROKE_OFF = "the connection broke off";
// A closing handshake takes one round trip; a peer that is gone never answers.
const SHUT_TIMEOUT_MS = 3_000;

export interface ConnectOptions extends LinkOptions {
  /** One side makes the offer, the other waits for it. */
  readonly initiator: boolean;
  readonly iceServers: readonly RTCIceServer[];
  /** No way but through a TURN server. */
  readonly relayOnly?: boolean;
  /** Takes an offer, answer or candidate to the other side, in order. */
  readonly sendSignal: (signal: ConnectionSignal) => void;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Connecting {
  /** Rejects `TransportError` 'connect-failed' | 'timeout' | 'aborted' | 'unsupported'. */
  readonly link: Promise<PeerLink>;
  /** What the other side's `sendSignal` was given. Throws `TransportError` 'bad-signal'. Signals after the connecting are ignored. */
  receiveSignal(signal: unknown): void;
}

/** Fields of simple-peer beyond its documented interface, present in 9.11.1, to which the dependency is pinned. */
interface PeerInternals {
  _channel: RTCDataChannel | null;
  _pc: RTCPeerConnection | undefined;
}

/** Begins a peer connection with one data channel. */
export function connectPeer(options: ConnectOptions): Connecting {
  const { initiator, iceServers, relayOnly = false, sendSignal, timeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  if (!SimplePeer.WEBRTC_SUPPORT) {
    const error = new TransportError(
      "unsupported",
      "this browser has no WebRTC; use a current Chrome, Safari or Firefox",
    );
    return { link: Promise.reject(error), receiveSignal: () => undefined };
  }
  const iceTransportPolicy = relayOnly ? "relay" : "all";
  const peer = new SimplePeer({
    initiator,
    trickle: true,
    config: { iceServers: [...iceServers], iceTransportPolicy },
  });
  const ways = new Ways();
  const wire = new RtcWire(peer, (options.watermarks ?? WATERMARKS).lowBytes);
  const link = new MessageLink(wire, options);
  wire.attach(link);
  peer.on("signal", (data) => {
    const parsed = ConnectionSignal.safeParse(data);
    if (!parsed.success) return;
    if (parsed.data.type === "candidate") ways.see("own", parsed.data.candidate.candidate);
    sendSignal(parsed.data);
  });
  // Nothing is negotiated anew over these links. A description that comes again was sent twice, as its sender could not know that it had arrived; a
  // second answer would end the connection that the first one made.
  let isDescribed = false;
  const isNews = (type: ConnectionSignal["type"]) => {
    if (type === "candidate") return true;
    const wasDescribed = isDescribed;
    isDescribed = true;
    return !wasDescribed;
  };
  return {
    link: whenConnected(peer, link, { timeoutMs, relayOnly, signal, ways }),
    receiveSignal: (data) => applySignal(peer, data, ways, isNews),
  };
}

function whenConnected(
  peer: SimplePeerTypes.Instance,
  link: PeerLink,
  {
    timeoutMs,
    relayOnly,
    signal,
    ways,
  }: { timeoutMs: number; relayOnly: boolean; signal: AbortSignal | undefined; ways: Ways },
): Promise<PeerLink> {
  return new Promise((resolve, reject) => {
    const fail = (error: TransportError) => {
      settle();
      reject(error);
      peer.destroy();
    };
    const onAbort = () => fail(new TransportError("aborted", "connecting was given up", { cause: signal?.reason }));
    const connection = (peer as unknown as PeerInternals)._pc;
    const relay =
      connection === undefined ? null : new RelayTrouble(connection, relayOnly, () => fail(connectFailed("no way")));
    const connectFailed = (message: string) => {
      const why = relay?.problem ?? message;
      return new TransportError("connect-failed", `the peer connection did not come about: ${why}`);
    };
    const timer = setTimeout(() => {
      const why =
        relay?.problem ?? ways.problem ?? "a network that keeps devices apart needs a TURN server, or another Wi-Fi";
      fail(new TransportError("timeout", `no connection within ${timeoutMs / 1000} s; ${why}`));
    }, timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    peer.once("connect", () => {
      settle();
      resolve(link);
    });
    link.events.on("close", ({ message }) => {
      settle();
      reject(
        connectFailed(message === BROKE_OFF ? (ways.problem ?? "the two devices found no way to each other") : message),
      );
    });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Of a link: that the browser's connection failed is no second reason. */
function brokeOff(failure: string): string {
  return /^(ice )?connection (failed|closed)/i.test(failure)
    ? BROKE_OFF
    : `${BROKE_OFF} (${failure.replace(/\.$/, "")})`;
}

function applySignal(
  peer: SimplePeerTypes.Instance,
  data: unknown,
  ways: Ways,
  isNews: (type: ConnectionSignal["type"]) => boolean,
): void {
  const parsed = ConnectionSignal.safeParse(data);
  if (!parsed.success) {
    throw new TransportError("bad-signal", "expected an offer, an answer or a candidate", { cause: parsed.error });
  }
  if (parsed.data.type === "candidate") ways.see("theirs", parsed.data.candidate.candidate);
  // A candidate may come late, after success or failure.
  if (peer.destroyed || !isNews(parsed.data.type)) return;
  try {
    peer.signal(parsed.data as SimplePeerTypes.SignalData);
  } catch (cause) {
    throw new TransportError("bad-signal", "the browser refuses what the other side sent", { cause });
  }
}

/**
 * Speaks to simple-peer's data channel directly: its stream would copy every message and deliver it a tick later. The channel's
 * `onmessage` is taken over the moment the channel exists, so that no message goes the other way.
 */
class RtcWire implements SliceWire {
  readonly #peer: SimplePeerTypes.Instance;
  readonly #lowBytes: number;
  #channel: RTCDataChannel | null = null;
  #link: MessageLink | null = null;
  #failure: string | null = null;
  #shutting = false;

  constructor(peer: SimplePeerTypes.Instance, lowBytes: number) {
    this.#peer = peer;
    this.#lowBytes = lowBytes;
    peer.on("error", (error) => (this.#failure = error.message));
    peer.on("close", () => {
      this.#link?.lost(
        this.#failure === null
          ? { reason: "remote", message: "the peer closed the link" }
          : { reason: "failed", message: brokeOff(this.#failure) },
      );
    });
  }

  attach(link: MessageLink): void {
    this.#link = link;
    const internals = this.#peer as unknown as PeerInternals;
    if (internals._channel) return this.#adopt(internals._channel, link);
    const connection = internals._pc;
    const adoptInSimplePeer = connection?.ondatachannel;
    if (!connection || !adoptInSimplePeer) return; // Its constructor failed and will say so by an event.
    connection.ondatachannel = (event) => {
      adoptInSimplePeer.call(connection, event);
      this.#adopt(event.channel, link);
    };
  }

  send(slice: Uint8Array): void {
    if (!this.#channel) throw new Error("the data channel is not there yet");
    this.#channel.send(slice as Uint8Array<ArrayBuffer>);
  }

  bufferedBytes(): number {
    return this.#channel?.bufferedAmount ?? 0;
  }

  shut(): void {
    if (this.#shutting) return;
    this.#shutting = true;
    // Closing the channel lets what it holds arrive; closing the connection would not.
    this.#channel?.close();
    const timer = setTimeout(() => void this.#peer.destroy(), this.#channel ? SHUT_TIMEOUT_MS : 0);
    this.#peer.once("close", () => clearTimeout(timer));
  }

  #adopt(channel: RTCDataChannel, link: MessageLink): void {
    this.#channel = channel;
    channel.bufferedAmountLowThreshold = this.#lowBytes;
    channel.addEventListener("bufferedamountlow", () => link.drained());
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      // Text comes from no page of ours; as an empty slice it ends the link by name.
      link.receive(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array());
    };
  }
}
