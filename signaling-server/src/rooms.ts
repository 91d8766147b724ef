/**
 * Who is in which room, and what each may send: socket.io's events in, acknowledgements and events out. Contents are sealed; nothing here could
 * read them. Every refusal has a reason from the protocol.
 */
import {
  JoinRequest,
  RelayRequest,
  SIGNALING_LIMITS,
  type ClientToServer,
  type JoinAck,
  type Member,
  type PeerId,
  type RelayAck,
  type RoomId,
  type ServerToClient,
  type SignalingReason,
} from "@jupiter/protocol";
import type { Server, Socket } from "socket.io";
import { TokenBucket } from "./token-bucket.ts";
import { turnAccess, type TurnServer } from "./turn.ts";

export interface RoomLimits {
  readonly rooms: number;
  readonly membersPerRoom: number;
  /** Per socket; bursts of twice as many are fine (a join opens several connections at once). */
  readonly messagesPerSecond: number;
}

export const DEFAULT_ROOM_LIMITS: RoomLimits = {
  rooms: 1000,
  membersPerRoom: SIGNALING_LIMITS.membersPerRoom,
  messagesPerSecond: 50,
};

type IoServer = Server<ClientToServer, ServerToClient>;
type IoSocket = Socket<ClientToServer, ServerToClient>;

interface Seat {
  readonly socket: IoSocket;
  readonly member: Member;
}

export class Rooms {
  readonly #rooms = new Map<RoomId, Map<PeerId, Seat>>();
  readonly #limits: RoomLimits;
  readonly #nowMs: () => number;
  readonly #turn: TurnServer | null;

  constructor(limits: RoomLimits, nowMs: () => number, turn: TurnServer | null) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#turn = turn;
  }

  get counts(): { rooms: number; members: number } {
    let members = 0;
    for (const seats of this.#rooms.values()) members += seats.size;
    return { rooms: this.#rooms.size, members };
  }

  /** New credentials for everyone, before those of before lapse. */
  renewTurn(): void {
    for (const seats of this.#rooms.values()) for (const seat of seats.values()) this.#sendTurn(seat);
  }

  serve(io: IoServer): void {
    io.on("connection", (socket) => {
      const { messagesPerSecond } = this.#limits;
      const bucket = new TokenBucket(messagesPerSecond, 2 * messagesPerSecond, this.#nowMs);
      let seat: { room: RoomId; peer: PeerId } | null = null;

      socket.on("join", (request, ack) => {
        if (typeof ack !== "function") return;
        const answer = bucket.take(1) ? this.#join(socket, request, seat) : tooFast();
        if ("room" in answer) seat = { room: answer.room, peer: answer.peer };
        ack("room" in answer ? { ok: true, members: answer.members } : answer);
      });
      socket.on("relay", (request, ack) => {
        if (typeof ack !== "function") return;
        ack(bucket.take(1) ? this.#relay(seat, request) : tooFast());
      });
      socket.on("disconnect", () => {
        if (seat !== null) this.#leave(seat.room, seat.peer);
      });
    });
  }

  #join(
    socket: IoSocket,
    request: unknown,
    seated: { readonly room: RoomId; readonly peer: PeerId } | null,
  ): { room: RoomId; peer: PeerId; members: Member[] } | Extract<JoinAck, { ok: false }> {
    const parsed = JoinRequest.safeParse(request);
    if (!parsed.success)
      return refusal(sizeReason(request, "hello", SIGNALING_LIMITS.helloBytes), parsed.error.message);
    const { room, peer, hello } = parsed.data;
    if (seated !== null && (seated.room !== room || seated.peer !== peer))
      return refusal("bad-message", "This connection is in a room already; open another one for another room.");
    const seats = this.#rooms.get(room) ?? new Map<PeerId, Seat>();
    if (seats.size === 0 && this.#rooms.size >= this.#limits.rooms) {
      return refusal(
        "too-many-rooms",
        `This server holds ${this.#limits.rooms} rooms; try again later or run your own.`,
      );
    }
    const members = [...seats.values()].filter((other) => other.member.peer !== peer).map(({ member }) => member);
    const own = seats.get(peer);
    // Its question was answered, and the answer did not arrive.
    if (own?.socket === socket) return { room, peer, members };
    // Before the count: it may be this device's old connection, which the server will miss soon.
    if (own !== undefined) return refusal("peer-taken", "Another connection uses this device's id; reload the page.");
    if (seats.size >= this.#limits.membersPerRoom) {
      return refusal("room-full", `This room holds ${this.#limits.membersPerRoom} devices; one must leave first.`);
    }
    for (const other of seats.values()) other.socket.emit("joined", { peer, hello });
    const seat = { socket, member: { peer, hello } };
    seats.set(peer, seat);
    this.#rooms.set(room, seats);
    this.#sendTurn(seat);
    return { room, peer, members };
  }

  #relay(seat: { room: RoomId; peer: PeerId } | null, request: unknown): RelayAck {
    if (seat === null) return refusal("not-in-room", "Join a room before sending to its members.");
    const parsed = RelayRequest.safeParse(request);
    if (!parsed.success)
      return refusal(sizeReason(request, "sealed", SIGNALING_LIMITS.sealedBytes), parsed.error.message);
    const { to, sealed } = parsed.data;
    const target = this.#rooms.get(seat.room)?.get(to);
    if (target === undefined) return refusal("no-such-peer", "That device is not in the room any more.");
    target.socket.emit("relay", { from: seat.peer, sealed });
    return { ok: true };
  }

  #sendTurn({ socket, member }: Seat): void {
    if (this.#turn !== null) socket.emit("turn", turnAccess(this.#turn, member.peer));
  }

  #leave(room: RoomId, peer: PeerId): void {
    const seats = this.#rooms.get(room);
    if (seats === undefined || !seats.delete(peer)) return;
    if (seats.size === 0) this.#rooms.delete(room);
    for (const { socket } of seats.values()) socket.emit("left", { peer });
  }
}

function refusal(reason: SignalingReason, message: string): { ok: false; reason: SignalingReason; message: string } {
  return { ok: false, reason, message: message.slice(0, SIGNALING_LIMITS.messageChars) };
}

function tooFast(): { ok: false; reason: SignalingReason; message: string } {
  return refusal("too-fast", "Too many messages a second; wait a moment and send again.");
}

/** A message that is only too long is told so; anything else is malformed. */
function sizeReason(request: unknown, field: string, limitBytes: number): SignalingReason {
  const value: unknown = typeof request === "object" && request !== null ? Reflect.get(request, field) : null;
  return value instanceof Uint8Array && value.byteLength > limitBytes ? "too-large" : "bad-message";
}
