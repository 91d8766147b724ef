/** Whether this tab's last visit ended without a word: systems that run out of memory end a tab and load it anew, and say nothing. */
const KEY = "jupiter-lending";

/** Bytes that were pledged when the tab was ended; null: it ended as tabs do. Read once, at the start of a visit. */
export function unfinishedVisit(): number | null {
  try {
    const pledged = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return pledged === null ? null : Number(pledged);
  } catch {
    return null;
  }
}

/** From here on an end without a word is told at the next visit; null: not any more. */
export function markVisit(pledgedBytes: number | null): void {
  try {
    if (pledgedBytes === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, String(pledgedBytes));
  } catch {
    // Then nobody is told.
  }
}
