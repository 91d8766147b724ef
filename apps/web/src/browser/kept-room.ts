/** The host's room over a reload of its tab: as long as the tab lives, and seen by no other. */
import type { RoomCredentials } from "@jupiter/room";

const KEY = "jupiter-room";

/** Null: none is kept, or not legibly. */
export function keptRoom(): RoomCredentials | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return isCredentials(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** Where the browser refuses, a reload opens another room. */
export function keepRoom(credentials: RoomCredentials | null): void {
  try {
    if (credentials === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(credentials));
  } catch {
    // Nothing is lost but the room's link.
  }
}

function isCredentials(kept: unknown): kept is RoomCredentials {
  if (typeof kept !== "object" || kept === null) return false;
  return "secret" in kept && typeof kept.secret === "string" && "hostKey" in kept && typeof kept.hostKey === "object";
}
