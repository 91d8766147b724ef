/** What this device called itself when it joined last, or what a host called it since. */
const KEY = "jupiter-name";

/** Null: none is kept. */
export function keptName(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Where the browser refuses, it is asked for again. */
export function keepName(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // It can be typed again.
  }
}
