/** Where conversations are kept between visits, by all tabs of a browser. */
import type { Conversation } from "./chat.ts";

export type Saved =
  | { readonly kind: "kept" }
  /** Another tab kept a later form of it, which stays. */
  | { readonly kind: "changed"; readonly kept: Conversation }
  /** It was deleted, and stays so. */
  | { readonly kind: "gone" };

/** What another tab did. */
export type ShelfChange =
  { readonly kind: "saved"; readonly conversation: Conversation } | { readonly kind: "removed"; readonly id: string };

/** One browser's, for this origin. Methods reject where the browser keeps nothing (private windows, a full disk). */
export interface Shelf {
  /** In no order; what cannot be read is left out. */
  load(): Promise<readonly Conversation[]>;
  /** Only in the place of the form that was changed at `replacesMs`; null: it is new. Forms of one conversation have different times. */
  save(conversation: Conversation, replacesMs: number | null): Promise<Saved>;
  remove(id: string): Promise<void>;
  /** A tab may hear late, or never where browsers cannot tell it: `save` finds out. */
  watch(heard: (change: ShelfChange) => void): void;
}
