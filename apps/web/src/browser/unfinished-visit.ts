/** Whether this tab's last visit ended without a word: systems that run out of memory end a tab and load it anew, and say nothing. */
import { claim } from "./tab-claim.ts";

const KEY = "jupiter-lending";
/** Of this page: the next one that finds the mark asks whether it is still there. */
const visit = crypto.randomUUID();
let isClaimed = false;

/**
 * Bytes that were pledged when the tab was ended; null: it ended as tabs do, or lives on as the tab that this one was duplicated from. Asked
 * once, at the start of a visit.
 */
export async function unfinishedVisit(): Promise<number | null> {
  try {
    const mark = /^(\d+) (\S+)$/.exec(sessionStorage.getItem(KEY) ?? "");
    sessionStorage.removeItem(KEY);
    const [, pledged, visitBefore] = mark ?? [];
    return pledged !== undefined && (await claim(`visit ${visitBefore}`)) ? Number(pledged) : null;
  } catch {
    return null;
  }
}

/** From here on an end without a word is told at the next visit; null: not any more. */
export function markVisit(pledgedBytes: number | null): void {
  try {
    if (pledgedBytes === null) return sessionStorage.removeItem(KEY);
    if (!isClaimed) void claim(`visit ${visit}`);
    isClaimed = true;
    sessionStorage.setItem(KEY, `${pledgedBytes} ${visit}`);
  } catch {
    // Then nobody is told.
  }
}
