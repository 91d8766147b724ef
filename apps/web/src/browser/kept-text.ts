/** A text that this browser keeps for this site, over visits. */

/** Null: none is kept, or the browser refuses. */
export function keptText(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Does nothing where the browser refuses: only what can be asked for or measured again is kept so. */
export function keepText(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // See above.
  }
}
