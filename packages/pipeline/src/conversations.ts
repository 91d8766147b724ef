/**
 * Which conversation lies in which arena, and what of its dialogue. Conversations whose answers are written at the same time may share one: rows of an arena share
 * frames, those of two do not.
 *
 * Invariants:
 * 1. an arena is open as long as a conversation lies in it; its `free` travels with the next frame;
 * 2. a trunk's rows are held, so they stay where they are while others of the arena come and go.
 */
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

export interface Opening {
  /** That may be open at once. */
  readonly arenas: number;
  /** Arenas with answers under way from which on a new conversation shares one of them. */
  readonly shareFrom: number;
  /** Conversations that must not lose their cache. */
  readonly busy: ReadonlySet<ConversationId>;
  /** Conversations with an answer under way. */
  readonly running: ReadonlySet<ConversationId>;
  /** What runs there and what is to be opened have room in the arena to their ends. */
  readonly fits: (arena: Arena) => boolean;
}

export class Conversations {
  readonly #open = new Map<ConversationId, Conversation>();
  #nextArena: ArenaId = 1;
  #uses = 0;
  #commands: CacheCommand[] = [];

  /** A new conversation may cost the longest unused one its cache. Null: all arenas are in use. */
  open(id: ConversationId, opening: Opening): Conversation | null {
    const known = this.#open.get(id);
    if (known !== undefined) {
      const isShared = this.#inArena(known.arena).some((other) => other !== known && opening.running.has(other.id));
      if (opening.running.has(id) || !isShared || opening.fits(known.arena)) {
        known.usedAt = this.#uses++;
        return known;
      }
      this.forget(id);
    }
    const shared = this.#sharable(opening);
    const isCrowded = this.#arenasOf(opening.running).size >= opening.shareFrom;
    const arena = (isCrowded ? shared : null) ?? this.#newArena(opening) ?? shared;
    if (arena === null) return null;
    const conversation: Conversation = { id, arena, trunk: [], usedAt: this.#uses++ };
    this.#open.set(id, conversation);
    return conversation;
  }

  /** Of all open arenas, up to their last live rows. */
  get slots(): number {
    return [...this.#arenas].reduce((sum, { end }) => sum + end, 0);
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
    this.keep(conversation, []);
    const { arena } = conversation;
    if (this.#inArena(arena).length === 0) this.#commands.push({ kind: "free", arena: arena.id });
  }

  /** The stages' caches are gone; token ids come anew with each request. */
  clear(): void {
    this.#open.clear();
    this.#commands = [];
  }

  /** Slots left for the next frame, which would like to have `rows`; dead ones are cleared away if they are many, or in the way, and then what no running conversation needs. */
  makeRoom(arena: Arena, rows: number, capacity: number, isRunning: (id: ConversationId) => boolean): number {
    if (arena.needsCompacting || arena.end + rows > capacity) this.#compact(arena);
    if (arena.end + rows > capacity) {
      const idle = this.#inArena(arena).filter(({ id }) => !isRunning(id));
      for (const { id } of idle) this.forget(id);
      if (idle.length > 0) this.#compact(arena);
    }
    return capacity - arena.end;
  }

  /** Commands for the next frame, once. */
  takeCommands(): readonly CacheCommand[] {
    const commands = this.#commands;
    this.#commands = [];
    return commands;
  }

  #compact(arena: Arena): void {
    const command = arena.compact();
    if (command !== null) this.#commands.push(command);
  }

  get #arenas(): ReadonlySet<Arena> {
    return new Set([...this.#open.values()].map(({ arena }) => arena));
  }

  #inArena(arena: Arena): Conversation[] {
    return [...this.#open.values()].filter((conversation) => conversation.arena === arena);
  }

  /** Each with how many of these conversations lie in it. */
  #arenasOf(ids: ReadonlySet<ConversationId>): Map<Arena, number> {
    const counts = new Map<Arena, number>();
    for (const { id, arena } of this.#open.values()) if (ids.has(id)) counts.set(arena, (counts.get(arena) ?? 0) + 1);
    return counts;
  }

  /** Of the arenas with answers under way that have room, the one with the fewest. */
  #sharable({ running, fits }: Opening): Arena | null {
    const [emptiest] = [...this.#arenasOf(running)].filter(([arena]) => fits(arena)).sort(([, a], [, b]) => a - b);
    return emptiest?.[0] ?? null;
  }

  #newArena({ arenas, busy }: Opening): Arena | null {
    const idle = [...this.#open.values()].filter(({ id }) => !busy.has(id)).sort((a, b) => a.usedAt - b.usedAt);
    const isEvictable = ({ arena }: Conversation) => this.#inArena(arena).every(({ id }) => !busy.has(id));
    for (const { id } of idle.filter(isEvictable)) if (this.#arenas.size >= arenas) this.forget(id);
    return this.#arenas.size >= arenas ? null : new Arena(this.#nextArena++);
  }
}
