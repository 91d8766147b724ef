/** The host's room over a reload of its tab: as long as the tab lives, and seen by no other. */
import type { RoomCredentials } from "@jupiter/room";
import type { KeptByHost } from "../session/host-session.ts";
import { claim } from "./tab-claim.ts";

const KEY = "jupiter-room";

export interface KeptRoom extends KeptByHost {
  readonly credentials: RoomCredentials;
}

/** Null: none is kept, or not legibly, or the tab that this one was duplicated from has it. */
export async function keptRoom(): Promise<KeptRoom | null> {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return isKeptRoom(kept) && (await claimRoom(kept.credentials)) ? kept : null;
  } catch {
    return null;
  }
}

/** Where the browser refuses, a reload opens another room. */
export function keepRoom(room: KeptRoom | null): void {
  try {
    if (room === null) return sessionStorage.removeItem(KEY);
    void claimRoom(room.credentials);
    sessionStorage.setItem(KEY, JSON.stringify(room));
  } catch {
    // Nothing is lost but the room's link.
  }
}

/** A page asks once for each of its rooms: it would wait for itself. */
const claims = new Map<string, Promise<boolean>>();

function claimRoom({ secret }: RoomCredentials): Promise<boolean> {
  const known = claims.get(secret);
  if (known !== undefined) return known;
  const claiming = digest(secret).then((name) => claim(`room ${name}`));
  claims.set(secret, claiming);
  return claiming;
}

/** Names of claims can be read by every page of this origin; the key must not. */
async function digest(secret: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return String(new Uint8Array(bytes).subarray(0, 8));
}

/** Written by this page alone: what could be amiss is an earlier page's form. */
function isKeptRoom(kept: unknown): kept is KeptRoom {
  const { credentials, admissions, askRules } = (kept ?? {}) as Partial<KeptRoom>;
  return (
    typeof credentials?.secret === "string" &&
    typeof credentials.hostKey === "object" &&
    typeof admissions?.asksFirst === "boolean" &&
    Array.isArray(admissions.admitted) &&
    Array.isArray(admissions.tickets) &&
    typeof askRules?.all === "string" &&
    Array.isArray(askRules.own)
  );
}
