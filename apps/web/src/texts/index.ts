/** Every word that the page itself says. Another language is another object of `Texts`; the compiler then says what it lacks. */
import { en } from "./en/index.ts";

export type Texts = typeof en;

export const texts: Texts = en;
