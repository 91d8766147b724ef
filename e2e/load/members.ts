/** Members of many rooms in one process, without pages: sockets that speak to the server as pages do. Contents are ours, as it reads none. */
import { randomUUID } from "node:crypto";
import { JoinAck, RelayAck, RelayEvent, SIGNALING_VERSION } from "@jupiter/protocol";
import { signalingParser } from "@jupiter/room";
import { io, type Socket } from "socket.io-client";

/** An offer with its candidates is 2 to 8 KB. */
const MESSAGE_BYTES = 2048;
const JOIN_TIMEOUT_MS = 60_000;

export interface Delivery {
  readonly number: number;
  /** From the sender's call to the receiver's event. */
  readonly relayMs: number;
}

export class LoadMember {
  readonly peer = randomUUID();
  /** Messages on their way to it, and its own that the server has not taken yet. */
  pending = 0;
  readonly #socket: Socket;
  readonly #room: string;

  private constructor(socket: Socket, room: string) {
    this.#socket = socket;
    this.#room = room;
  }

  /** Rejects where the server does not let it in. */
  static async join(url: string, room: string, delivered: (delivery: Delivery) => void): Promise<LoadMember> {
    const socket = io(url, {
      forceNew: true,
      parser: signalingParser,
      reconnection: false,
      transports: ["websocket"],
      timeout: JOIN_TIMEOUT_MS,
    });
    const member = new LoadMember(socket, room);
    socket.on("relay", (event: unknown) => {
      const view = viewOf(RelayEvent.parse(event).sealed);
      member.pending--;
      delivered({ number: view.getUint32(0), relayMs: performance.now() - view.getFloat64(8) });
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    const hello = new Uint8Array(256);
    const request = { version: SIGNALING_VERSION, room: member.#room, peer: member.peer, hello };
    const ack = JoinAck.parse(await socket.timeout(JOIN_TIMEOUT_MS).emitWithAck("join", request));
    if (!ack.ok) throw new Error(`the server let nobody in: ${ack.message}`);
    return member;
  }

  /** Resolves when the server has taken it. Rejects with its refusal. */
  async send(to: LoadMember, number: number): Promise<void> {
    const sealed = new Uint8Array(MESSAGE_BYTES);
    const view = viewOf(sealed);
    view.setUint32(0, number);
    view.setFloat64(8, performance.now());
    to.pending++;
    this.pending++;
    const ack = RelayAck.parse(await this.#socket.emitWithAck("relay", { to: to.peer, sealed }));
    this.pending--;
    if (ack.ok) return;
    to.pending--;
    throw new Error(`a message was refused: ${ack.message}`);
  }

  leave(): void {
    this.#socket.disconnect();
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
