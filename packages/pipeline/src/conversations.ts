/** Which conversation has which arena, and what of its dialogue lies there. */
import type { ArenaId, CacheCommand } from "@jupiter/protocol";
import { Arena } from "./arena.ts";
import type { ConversationId } from "./requests.ts";
import type { Row } from "./row.ts";

export interface Conversation {
  readonly id: ConversationId;
  readonly arena: Arena;
  /** Rows kept between requests, all of them computed by every stage. */
  trunk: readonly Row[];
  usedAt: number;
}

export class Conversations {
  readonly #open = new Map<ConversationId, Conversation>();
  #nextArena: ArenaId = 1;
  #uses = 0;
  #commands: CacheCommand[] = [];

  /** A new conversation may cost the longest unused one its cache. Null: all arenas are in use. */
  open(id: ConversationId, arenas: number, busy: ReadonlySet<ConversationId>): Conversation | null {
    const known = this.#open.get(id);
    if (known !== undefined) {
      known.usedAt = this.#uses++;
      return known;
    }
    if (this.#open.size >= arenas) {
      const idle = [...this.#open.values()].filter((other) => !busy.has(other.id));
      const oldest = idle.sort((a, b) => a.usedAt - b.usedAt)[0];
      if (oldest === undefined) return null;
      this.forget(oldest.id);
    }
    const conversation: Conversation = { id, arena: new Arena(this.#nextArena++), trunk: [], usedAt: this.#uses++ };
    this.#open.set(id, conversation);
    return conversation;
  }

  keep(conversation: Conversation, trunk: readonly Row[]): void {
    for (const row of trunk) row.hold();
    for (const row of conversation.trunk) row.release();
    conversation.trunk = trunk;
  }

  /** The arena's `free` travels with the next frame: it must keep the frames' order. */
  forget(id: ConversationId): void {
    const conversation = this.#open.get(id);
    if (conversation === undefined) return;
    this.#open.delete(id);
    this.#commands.push({ kind: "free", arena: conversation.arena.id });
  }

  /** The stages' caches are gone; token ids come anew with each request. */
  clear(): void {
    this.#open.clear();
    this.#commands = [];
  }

  compact({ arena }: Conversation): void {
    const command = arena.compact();
    if (command !== null) this.#commands.push(command);
  }

  /** Commands for the next frame, once. */
  takeCommands(): readonly CacheCommand[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }
}
