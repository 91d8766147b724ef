/**
 * That the host ended this tab's visit for good, over a reload: by the old link nobody is there any more who could say so. Only what came from the
 * host itself is kept, over its link or sealed and signed by it: a server that lists no host has not ended anything.
 */
import type { WhyLeft } from "../session/donor-session.ts";

/** By the host, and the link that this device has opens the room no more. */
export type FinalEnd = Extract<WhyLeft, "removed" | "closed" | "moved">;

const KEY = "jupiter-end";
const ENDS: readonly FinalEnd[] = ["removed", "closed", "moved"];

/** `link`: the room's, from `#` on. Null: that room may be entered. */
export function keptEnd(link: string): FinalEnd | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as { link?: unknown; why?: unknown } | null;
    return kept?.link === link ? (ENDS.find((why) => why === kept.why) ?? null) : null;
  } catch {
    return null;
  }
}

/** Any other end is not kept. Where the browser refuses, the page waits for a host after a reload. */
export function keepEnd(why: WhyLeft, link: string): void {
  try {
    if (ENDS.some((end) => end === why)) sessionStorage.setItem(KEY, JSON.stringify({ link, why }));
  } catch {
    // The hint beside the waiting says what an old link is.
  }
}
