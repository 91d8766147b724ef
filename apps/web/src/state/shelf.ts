/** Where conversations are kept between visits. */
import type { Conversation } from "./chat.ts";

/** One browser's, for this origin. Methods reject where the browser keeps nothing (private windows, a full disk). */
export interface Shelf {
  /** In no order; what cannot be read is left out. */
  load(): Promise<readonly Conversation[]>;
  save(conversation: Conversation): Promise<void>;
  remove(id: string): Promise<void>;
}
