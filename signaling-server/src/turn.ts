/**
 * Credentials for a TURN server, as coturn takes them with `use-auth-secret`: the name says until when it holds and whose it is, the
 * password proves that whoever made it knows the shared secret. The TURN server is never asked.
 */
import { createHmac } from "node:crypto";
import type { PeerId, TurnEvent } from "@jupiter/protocol";

export interface TurnServer {
  /** `turn:HOST:PORT`, `turns:HOST:PORT`, with `?transport=tcp` if need be. */
  readonly urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  readonly secret: string;
  readonly lifetimeSeconds?: number;
}

/** Longer than a workshop; a name that leaves the room opens no relay the day after. */
const LIFETIME_SECONDS = 12 * 3600;

/** For one member of a room, from `nowMs` (milliseconds since 1970) on. */
export function turnAccess(turn: TurnServer, peer: PeerId, nowMs = Date.now()): TurnEvent {
  const username = `${Math.floor(nowMs / 1000) + lifetimeSeconds(turn)}:${peer}`;
  return {
    urls: [...turn.urls],
    username,
    credential: createHmac("sha1", turn.secret).update(username).digest("base64"),
  };
}

/** Members get new credentials when half the time of the last ones is over. */
export function renewEveryMs(turn: TurnServer): number {
  return lifetimeSeconds(turn) * 500;
}

function lifetimeSeconds(turn: TurnServer): number {
  return turn.lifetimeSeconds ?? LIFETIME_SECONDS;
}
