/** What shows the host that it let this device in, over a reload of this tab, and seen by no other: a duplicated tab is another device. */
import { claim } from "./tab-claim.ts";

const KEY = "jupiter-ticket";
/** Of this page: the next one asks whether it is still there. */
const visit = crypto.randomUUID();
let isClaimed = false;

interface KeptTicket {
  readonly ticket: string;
  /** The room's link, from `#` on: another room's host knows nothing of it. */
  readonly link: string;
  readonly visit: string;
}

/** Null: none is kept for this room, or the tab that this one was duplicated from has it. Asked once. */
export async function keptTicket(link: string): Promise<string | null> {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Partial<KeptTicket> | null;
    if (typeof kept?.ticket !== "string" || kept.link !== link) return null;
    return (await claim(`ticket ${String(kept.visit)}`)) ? kept.ticket : null;
  } catch {
    return null;
  }
}

/** Null: it is over. Where the browser refuses, the host is asked again after a reload. */
export function keepTicket(ticket: string | null, link: string): void {
  try {
    if (ticket === null) return sessionStorage.removeItem(KEY);
    if (!isClaimed) void claim(`ticket ${visit}`);
    isClaimed = true;
    sessionStorage.setItem(KEY, JSON.stringify({ ticket, link, visit } satisfies KeptTicket));
  } catch {
    // The host is asked again.
  }
}
