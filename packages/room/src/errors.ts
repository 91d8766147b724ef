import type { SignalingReason } from "@jupiter/protocol";

export type RoomReason =
  /** The link is not one of a room, or was cut short. */
  | "bad-link"
  | "insecure-context"
  /** No signaling server answered. */
  | "unreachable"
  | "aborted"
  /** Not connected at the moment; the room reconnects by itself. */
  | "offline"
  | "closed"
  /** Sealed with another key, or changed on the way. */
  | "unreadable"
  /** Not signed by the host though it claims to be the host's. */
  | "forged"
  /** Seen before. */
  | "replayed"
  | SignalingReason;

export class RoomError extends Error {
  override readonly name = "RoomError";
  readonly reason: RoomReason;
  constructor(reason: RoomReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
