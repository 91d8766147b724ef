/** Where this browser keeps what this device was measured to take. */
import type { TimesShelf } from "../engine/kept-times.ts";
import { keepText, keptText } from "./kept-text.ts";

const KEY = "jupiter-times";

export const timesShelf: TimesShelf = {
  read: () => keptText(KEY),
  write: (text) => keepText(KEY, text),
};
