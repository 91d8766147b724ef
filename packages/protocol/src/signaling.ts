/**
 * What a tab and the signaling server say to each other over socket.io. The server sees ids, sizes and times, never contents:
 * `hello` and `sealed` are encrypted with a key that only the room's link carries.
 */
import { z } from "zod";
import { SIGNALING_LIMITS } from "./limits.ts";

export const SIGNALING_VERSION = 1;

export const RoomId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{16,64}$/, "a room id is 16 to 64 characters of A-Z a-z 0-9 _ -")
  .brand<"RoomId">();
export type RoomId = z.infer<typeof RoomId>;

export const PeerId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,64}$/, "a peer id is 8 to 64 characters of A-Z a-z 0-9 _ -")
  .brand<"PeerId">();
export type PeerId = z.infer<typeof PeerId>;

/** Node hands out Buffers, browsers ArrayBuffers; both become a Uint8Array over the same memory. */
function bytes(limitBytes: number): z.ZodType<Uint8Array, Uint8Array | ArrayBuffer> {
  return z
    .union([
      z.instanceof(Uint8Array),
      z
        .custom<ArrayBuffer>((value) => value instanceof ArrayBuffer, "expected bytes")
        .transform((buffer) => new Uint8Array(buffer)),
    ])
    .refine((value) => value.byteLength <= limitBytes, `at most ${limitBytes} bytes`);
}

const helloBytes = bytes(SIGNALING_LIMITS.helloBytes);
const sealedBytes = bytes(SIGNALING_LIMITS.sealedBytes);

/** Why the server refuses. `origin` and `shutting-down` come as a `refused` event, the others as an acknowledgement. */
export const SignalingReason = z.enum([
  "bad-message",
  "room-full",
  "too-many-rooms",
  "peer-taken",
  "not-in-room",
  "no-such-peer",
  "too-large",
  "too-fast",
  "origin",
  "shutting-down",
]);
export type SignalingReason = z.infer<typeof SignalingReason>;

/** Client event `join`; the acknowledgement is a `JoinAck`. A socket is in one room at most. */
export const JoinRequest = z.strictObject({
  version: z.literal(SIGNALING_VERSION),
  room: RoomId,
  peer: PeerId,
  hello: helloBytes,
});
export type JoinRequest = z.infer<typeof JoinRequest>;

/** Client event `relay`; the acknowledgement is a `RelayAck`. */
export const RelayRequest = z.strictObject({ to: PeerId, sealed: sealedBytes });
export type RelayRequest = z.infer<typeof RelayRequest>;

export const Member = z.strictObject({ peer: PeerId, hello: helloBytes });
export type Member = z.infer<typeof Member>;

const refusal = { reason: SignalingReason, message: z.string().max(SIGNALING_LIMITS.messageChars) };
const Refusal = z.strictObject({ ok: z.literal(false), ...refusal });

/** Those who were there before, in the order they came. */
export const JoinAck = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), members: z.array(Member).max(SIGNALING_LIMITS.membersPerRoom) }),
  Refusal,
]);
export type JoinAck = z.infer<typeof JoinAck>;

export const RelayAck = z.discriminatedUnion("ok", [z.strictObject({ ok: z.literal(true) }), Refusal]);
export type RelayAck = z.infer<typeof RelayAck>;

/** Server events, by socket.io event name. */
export const LeftEvent = z.strictObject({ peer: PeerId });
export const RelayEvent = z.strictObject({ from: PeerId, sealed: sealedBytes });
export const RefusedEvent = z.strictObject(refusal);
/** A TURN server and what opens it for this member for a while. Comes before the acknowledgement of `join`, and again before it lapses. */
export const TurnEvent = z.strictObject({
  urls: z
    .array(
      z
        .string()
        .max(300)
        .regex(/^turns?:[^/]+$/),
    )
    .min(1)
    .max(8),
  username: z.string().min(1).max(200),
  credential: z.string().min(1).max(200),
});
export type TurnEvent = z.infer<typeof TurnEvent>;

export interface ServerToClient {
  joined(event: z.infer<typeof Member>): void;
  left(event: z.infer<typeof LeftEvent>): void;
  relay(event: z.infer<typeof RelayEvent>): void;
  refused(event: z.infer<typeof RefusedEvent>): void;
  turn(event: TurnEvent): void;
}

export interface ClientToServer {
  join(request: JoinRequest, ack: (answer: JoinAck) => void): void;
  relay(request: RelayRequest, ack: (answer: RelayAck) => void): void;
}
