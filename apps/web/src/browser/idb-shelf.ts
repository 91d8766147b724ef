/** Conversations in the browser's own database. */
import { createStore, del, update, values, type UseStore } from "idb-keyval";
import type { Conversation } from "../state/chat.ts";
import type { Shelf } from "../state/shelf.ts";

/** Raised with the form of what is kept: another form, another database. */
const DATABASE = "jupiter-conversations-1";

export class IdbShelf implements Shelf {
  readonly #store: UseStore = createStore(DATABASE, "conversations");

  async load(): Promise<readonly Conversation[]> {
    const kept: readonly unknown[] = await values(this.#store);
    return kept.filter(isConversation);
  }

  save(conversation: Conversation): Promise<void> {
    // In one transaction: another tab may have gone on with it.
    const newer = (kept: Conversation | undefined) =>
      kept !== undefined && kept.changedAtMs > conversation.changedAtMs ? kept : conversation;
    return update(conversation.id, newer, this.#store);
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
