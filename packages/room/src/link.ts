import { FINGERPRINT_BYTES, SECRET_BYTES } from "./credentials.ts";
import { tryFromBase64Url } from "./base64url.ts";
import { RoomError } from "./errors.ts";

/** What follows `#` in a room's link. Whoever has it may join. */
export interface RoomLink {
  /** The room's id, derived from `secret`: tells a link that was cut or mistyped from a room that is empty. */
  readonly room: string;
  readonly secret: string;
  /** Of the host's public key. */
  readonly hostFingerprint: string;
}

export function encodeRoomLink({ room, secret, hostFingerprint }: RoomLink): string {
  return `#r=${room}&k=${secret}&h=${hostFingerprint}`;
}

/** Takes a whole address or its fragment. Null where it names no room; throws `RoomError` 'bad-link' where it names one incompletely. */
export function parseRoomLink(link: string): RoomLink | null {
  // What a sentence or a bracket round the link left at its end is no part of it.
  const fields = new URLSearchParams(link.slice(link.indexOf("#") + 1).replace(/[^A-Za-z0-9_=-]+$/, ""));
  const [room, secret, hostFingerprint] = [fields.get("r"), fields.get("k"), fields.get("h")];
  if (room === null || !link.includes("#")) return null;
  if (
    secret === null ||
    hostFingerprint === null ||
    !tryFromBase64Url(secret, SECRET_BYTES) ||
    !tryFromBase64Url(hostFingerprint, FINGERPRINT_BYTES)
  ) {
    throw new RoomError("bad-link", "this link is incomplete; copy it whole, from its start to its end");
  }
  return { room, secret, hostFingerprint };
}
