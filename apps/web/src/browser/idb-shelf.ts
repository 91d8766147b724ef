/** Conversations in the browser's own database. */
import { createStore, del, set, values, type UseStore } from "idb-keyval";
import type { Conversation } from "../state/chat.ts";
import type { Shelf } from "../state/shelf.ts";

/** Raised with the form of what is kept; older entries are then left where they are. */
const STORE = "conversations-1";

export class IdbShelf implements Shelf {
  readonly #store: UseStore = createStore("jupiter", STORE);

  async load(): Promise<readonly Conversation[]> {
    const kept: readonly unknown[] = await values(this.#store);
    return kept.filter(isConversation);
  }

  save(conversation: Conversation): Promise<void> {
    return set(conversation.id, conversation, this.#store);
  }

  remove(id: string): Promise<void> {
    return del(id, this.#store);
  }
}

/** As deep as reading it needs: it was written by this page. */
function isConversation(value: unknown): value is Conversation {
  return (
    typeof value === "object" && value !== null && "turns" in value && Array.isArray(value.turns) && "settings" in value
  );
}
