/**
 * What only one tab may hold at a time, over that tab's reloads: `sessionStorage` alone does not tell, as browsers copy it into a duplicated
 * tab. A claim ends with the page that made it, however that page ended.
 */

/** A page that is being reloaded may still hold its claim for a moment. */
const PATIENCE_MS = 1500;

/** False: another tab holds it. Where the browser has no locks every tab may have it. */
export function claim(name: string): Promise<boolean> {
  if (!("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = navigator.locks.request(`jupiter ${name}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
      resolve(true);
      return new Promise<never>(() => undefined); // for as long as the page is there
    });
    held.catch(() => resolve(false));
  });
}
