/** Where this browser keeps what this device was measured to take. */
import type { TimesShelf } from "../engine/kept-times.ts";

const KEY = "jupiter-times";

export const timesShelf: TimesShelf = {
  read() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  },
  write(text) {
    try {
      localStorage.setItem(KEY, text);
    } catch {
      // It is measured again.
    }
  },
};
