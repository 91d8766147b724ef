import {
  type ClientToServer,
  Emitter,
  JoinAck,
  type JoinRequest,
  LeftEvent,
  Member,
  type PeerId,
  RefusedEvent,
  RelayAck,
  RelayEvent,
  type ServerToClient,
  SIGNALING_LIMITS,
  type SignalingReason,
  TurnEvent,
  type TypedEvents,
} from "@jupiter/protocol";
import { io, type Socket } from "socket.io-client";
import { Decoder, Encoder } from "socket.io-parser";
import { RoomError } from "./errors.ts";

const ACK_TIMEOUT_MS = 10_000;
const RETRY_MS = 1_000;

/** Refusals that pass: the server has not yet noticed that this tab's last connection is gone, or is busy, or restarts. */
const PASSING: readonly SignalingReason[] = ["peer-taken", "too-fast", "shutting-down"];

class MembersDecoder extends Decoder {
  constructor() {
    super({ maxAttachments: SIGNALING_LIMITS.membersPerRoom });
  }
}

/** For `io`: a list of members has an attachment for each of them; by itself socket.io drops a connection that brings more than ten. */
export const signalingParser = { Encoder, Decoder: MembersDecoder };

export interface SignalingEvents {
  /** Joined, for the first time or again: who else is there. */
  members: readonly Member[];
  joined: Member;
  left: PeerId;
  relay: { readonly from: PeerId; readonly sealed: Uint8Array };
  turn: TurnEvent;
  /** Not in the room at the moment; it is tried again without end. */
  offline: { readonly message: string };
  /** For good. */
  refused: { readonly reason: SignalingReason; readonly message: string };
  /** The server said something that it may not say. */
  nonsense: { readonly message: string };
}

/** One member's connection to the signaling server: joins, and joins again by itself after a loss. */
export class SignalingSocket {
  readonly events: TypedEvents<SignalingEvents>;
  readonly #emitter = new Emitter<SignalingEvents>();
  readonly #socket: Socket<ServerToClient, ClientToServer>;
  readonly #makeRequest: () => Promise<JoinRequest>;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #isJoined = false;
  #isOver = false;

  /** `makeRequest` is asked anew for every joining. Connects at once. */
  constructor(url: string, makeRequest: () => Promise<JoinRequest>) {
    this.events = this.#emitter;
    this.#makeRequest = makeRequest;
    // A manager of its own: two rooms of one page must not share a connection.
    const socket: Socket<ServerToClient, ClientToServer> = io(url, {
      forceNew: true,
      parser: signalingParser,
      reconnectionDelay: 300,
      reconnectionDelayMax: 5_000,
    });
    this.#socket = socket;
    socket.on("connect", () => {
      // What was to be tried again on the connection before would join this one a second time.
      this.#forgetRetry();
      void this.#join();
    });
    socket.on("disconnect", (why) => {
      this.#isJoined = false;
      this.#emitter.emit("offline", { message: `the connection to the signaling server was lost (${why})` });
      // Only after the server's own goodbye does socket.io not come back by itself.
      if (why === "io server disconnect") this.#later(() => socket.connect());
    });
    socket.on("connect_error", (error) => {
      if ("description" in error && error.description === 403) {
        this.#refuse(
          "origin",
          "the signaling server takes no pages from this address; it must be allowed there by --origin",
        );
        return;
      }
      this.#emitter.emit("offline", { message: `the signaling server does not answer (${error.message})` });
    });
    socket.on(
      "joined",
      this.#checked(Member, (member) => this.#emitter.emit("joined", member)),
    );
    socket.on(
      "left",
      this.#checked(LeftEvent, ({ peer }) => this.#emitter.emit("left", peer)),
    );
    socket.on(
      "relay",
      this.#checked(RelayEvent, (relay) => this.#emitter.emit("relay", relay)),
    );
    socket.on(
      "turn",
      this.#checked(TurnEvent, (turn) => this.#emitter.emit("turn", turn)),
    );
    socket.on(
      "refused",
      this.#checked(RefusedEvent, ({ reason, message }) => {
        if (!PASSING.includes(reason)) this.#refuse(reason, message);
      }),
    );
  }

  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** Rejects `RoomError` 'offline' or with the server's reason. */
  async relay(to: PeerId, sealed: Uint8Array): Promise<void> {
    if (!this.#isJoined) throw offline();
    const answer: unknown = await this.#socket
      .timeout(ACK_TIMEOUT_MS)
      .emitWithAck("relay", { to, sealed })
      .catch((cause: unknown) => {
        throw offline(cause);
      });
    const ack = RelayAck.safeParse(answer);
    if (!ack.success)
      throw new RoomError("bad-message", "the signaling server's answer makes no sense; is it of this version?");
    if (!ack.data.ok) throw new RoomError(ack.data.reason, ack.data.message);
  }

  close(): void {
    this.#isOver = true;
    this.#isJoined = false;
    this.#forgetRetry();
    this.#socket.disconnect();
  }

  async #join(): Promise<void> {
    let request: JoinRequest;
    try {
      request = await this.#makeRequest();
    } catch (error) {
      this.#joinLater(error);
      return;
    }
    // Lost meanwhile: the next connection joins by itself, and what waits in the buffer would join a second time.
    if (this.#isOver || this.#isJoined || !this.#socket.connected) return;
    // Not awaited: whoever joins right behind this member is told in the same breath, and must not be taken for gone by the list before.
    this.#socket.timeout(ACK_TIMEOUT_MS).emit("join", request, (error: Error | null, answer: unknown) => {
      if (error !== null) this.#joinLater(error);
      else if (!this.#isOver) this.#takeJoinAnswer(answer);
    });
  }

  #joinLater(error: unknown): void {
    this.#emitter.emit("offline", { message: `joining was not answered (${String(error)})` });
    this.#later(() => void this.#join());
  }

  #takeJoinAnswer(answer: unknown): void {
    const ack = JoinAck.safeParse(answer);
    if (!ack.success)
      this.#refuse("bad-message", "the signaling server's answer makes no sense; is it of this version?");
    else if (ack.data.ok) {
      this.#isJoined = true;
      this.#emitter.emit("members", ack.data.members);
    } else if (PASSING.includes(ack.data.reason)) {
      this.#emitter.emit("offline", { message: ack.data.message });
      this.#later(() => void this.#join());
    } else this.#refuse(ack.data.reason, ack.data.message);
  }

  #refuse(reason: SignalingReason, message: string): void {
    this.close();
    this.#emitter.emit("refused", { reason, message });
  }

  #later(action: () => void): void {
    if (this.#isOver) return;
    this.#forgetRetry();
    this.#retry = setTimeout(() => {
      // A lost connection has its own way back, through `connect`.
      if (!this.#isOver && (this.#socket.connected || !this.#socket.active)) action();
    }, RETRY_MS);
  }

  #forgetRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #checked<T>(schema: Schema<T>, use: (event: T) => void): (event: unknown) => void {
    return (event) => {
      const parsed = schema.safeParse(event);
      if (parsed.success) use(parsed.data);
      else this.#emitter.emit("nonsense", { message: "the signaling server sent an event that makes no sense" });
    };
  }
}

/** The part of a zod schema that is used here. */
interface Schema<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

function offline(cause?: unknown): RoomError {
  return new RoomError("offline", "not connected to the signaling server; wait until the room is connected again", {
    cause,
  });
}
