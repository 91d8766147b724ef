import { keepText, keptText } from "./kept-text.ts";

/** What this device called itself when it joined last, or what a host called it since. */
const KEY = "jupiter-name";

/** Null: none is kept. */
export function keptName(): string | null {
  return keptText(KEY);
}

/** Where the browser refuses, it is asked for again. */
export function keepName(name: string): void {
  keepText(KEY, name);
}
