/** Conversations in the browser's own database. */
import { createStore, del, promisifyRequest, values, type UseStore } from "idb-keyval";
import type { Conversation } from "../state/chat.ts";
import type { Saved, Shelf, ShelfChange } from "../state/shelf.ts";

/** Raised with the form of what is kept: another form, another database. */
const DATABASE = "jupiter-conversations-1";

export class IdbShelf implements Shelf {
  readonly #store: UseStore = createStore(DATABASE, "conversations");
  readonly #tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel(DATABASE) : null;

  async load(): Promise<readonly Conversation[]> {
    const kept: readonly unknown[] = await values(this.#store);
    return kept.filter(isConversation);
  }

  async save(conversation: Conversation, replacesMs: number | null): Promise<Saved> {
    // In one transaction: another tab may save at the same time.
    const saved = await this.#store("readwrite", async (store): Promise<Saved> => {
      const kept: unknown = await promisifyRequest(store.get(conversation.id));
      if (isConversation(kept) ? kept.changedAtMs !== replacesMs : replacesMs !== null)
        return isConversation(kept) ? { kind: "changed", kept } : { kind: "gone" };
      store.put(conversation, conversation.id);
      await promisifyRequest(store.transaction); // a full disk shows at its end
      return { kind: "kept" };
    });
    if (saved.kind === "kept") this.#tell({ kind: "saved", conversation });
    return saved;
  }

  async remove(id: string): Promise<void> {
    await del(id, this.#store);
    this.#tell({ kind: "removed", id });
  }

  watch(heard: (change: ShelfChange) => void): void {
    this.#tabs?.addEventListener("message", ({ data }: MessageEvent<ShelfChange>) => heard(data));
  }

  #tell(change: ShelfChange): void {
    this.#tabs?.postMessage(change);
  }
}

/** As deep as reading it needs: it was written by this page. */
function isConversation(value: unknown): value is Conversation {
  return (
    typeof value === "object" && value !== null && "turns" in value && Array.isArray(value.turns) && "settings" in value
  );
}
