/**
 * The host's conversations: which is open, what is asked in it, and what is kept of it.
 *
 * Several tabs may have the same one open. C1: a save replaces only the form that this tab read or wrote last. C2: where another tab went on
 * with it as well, both are kept, this tab's as a copy. C3: what another tab deleted is not saved again.
 */
import { isQuota } from "../browser/kept-weights.ts";
import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { PLAINLY, type DecodingChoice } from "@jupiter/pipeline";
import { endedUntold, type AnswerEvent, type AskOptions } from "../engine/api.ts";
import {
  emptyConversation,
  messagesFor,
  newestFirst,
  openTurn,
  reopened,
  seedAfter,
  step,
  withoutFrom,
  type ChatEvent,
  type ChatSettings,
  type Conversation,
} from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import type { Shelf, ShelfChange } from "../state/shelf.ts";

export interface ChatPorts {
  readonly shelf: Shelf;
  /** The answer comes by `answer`. */
  readonly ask: (options: AskOptions) => void;
  readonly stopAnswer: (id: string) => void;
  /** Its cache is not needed any more. */
  readonly closeConversation: (id: string) => void;
}

/** While text streams in, at most so often. */
const SAVE_EVERY_MS = 500;
/** Of sampled answers: cuts the long tail of unlikely tokens. */
const TOP_P = 0.95;
/** The draft model where there is one. */
const AHEAD: DecodingChoice = { strategy: "continuous", drafters: ["lookup", "model"] };

export class ChatStore {
  /** The newest first. */
  readonly conversations = signal<readonly Conversation[]>([]);
  readonly current: ReadonlySignal<Conversation>;
  /** In any of them. */
  readonly isAnswering: ReadonlySignal<boolean>;
  /** Null: conversations are kept. */
  readonly whyNotKept = signal<string | null>(null);
  /** What another tab did to the one that was open here; until the next step. */
  readonly news = signal<string | null>(null);
  /** Deleted here; each can be put back. The newest first. */
  readonly removed = signal<readonly Conversation[]>([]);
  readonly #draft = signal(emptyConversation(crypto.randomUUID()));
  readonly #currentId = signal("");
  readonly #ports: ChatPorts;
  readonly #unsaved = new Set<string>();
  /** When the form that the shelf has, as far as this tab knows, was changed. */
  readonly #keptMs = new Map<string, number>();
  /** One save after another: each replaces what the one before it wrote. */
  #saving = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(ports: ChatPorts) {
    this.#ports = ports;
    ports.shelf.watch((change) => this.#hear(change));
    this.current = computed(() => this.#find(this.#currentId.value) ?? this.#draft.value);
    this.isAnswering = computed(() => this.conversations.value.some((each) => openTurn(each) !== null));
    effect(() => {
      if (openTurn(this.current.value) === null) this.#saveNow();
    });
  }

  /** Reads what earlier visits left, and opens the newest unless another was begun meanwhile. */
  async load(): Promise<void> {
    const draft = this.#draft.peek();
    try {
      const kept = (await this.#ports.shelf.load()).map(reopened);
      const known = new Set(this.conversations.value.map(({ id }) => id));
      const unknown = kept.filter(({ id }) => !known.has(id));
      for (const { id, changedAtMs } of unknown) this.#keptMs.set(id, changedAtMs);
      const all = newestFirst([...this.conversations.value, ...unknown]);
      this.conversations.value = all;
      if (known.size === 0 && this.#draft.peek() === draft) this.#currentId.value = all[0]?.id ?? "";
    } catch (error) {
      this.#notKept(error);
    }
  }

  /** No effect while this conversation's last answer is being written. `own`: the temperature of this answer; absent: the conversation's. */
  ask(question: string, maxTokens: number, own?: number): void {
    const conversation = this.current.value;
    if (openTurn(conversation) !== null) return;
    const id = crypto.randomUUID();
    this.news.value = null;
    const asked = { kind: "asked", id, question } as const;
    this.#put(step(conversation, own === undefined ? asked : { ...asked, temperature: own }));
    this.#currentId.value = conversation.id;
    const { seed, outline = "off", guessesAhead = false } = conversation.settings;
    const temperature = own ?? conversation.settings.temperature;
    this.#ports.ask({
      id,
      conversation: conversation.id,
      prompt: { kind: "chat", messages: messagesFor(conversation, question) },
      maxTokens,
      policy: { temperature, topP: temperature > 0 ? TOP_P : 1, topK: 0, seed },
      stop: [],
      outline,
      decoding: guessesAhead ? AHEAD : PLAINLY,
    });
  }

  /** In the place of this turn and of all that followed; what stays of the dialogue is not computed again. */
  askInstead(turnId: string, question: string, maxTokens: number, own?: number): void {
    const conversation = this.current.value;
    const shorter = withoutFrom(conversation, turnId);
    if (shorter === conversation) return;
    this.#put(shorter);
    this.ask(question, maxTokens, own);
  }

  /** The same question; where its answer is drawn by chance, by another chance. `own`: as in `ask`. */
  askAgain(turnId: string, maxTokens: number, own?: number): void {
    const { turns, settings } = this.current.value;
    const turn = turns.find(({ id }) => id === turnId);
    if (turn === undefined) return;
    if ((own ?? settings.temperature) > 0) this.setSettings({ seed: seedAfter(settings.seed) });
    this.askInstead(turnId, turn.question, maxTokens, own);
  }

  /** Like `stop`, at once: the next question can be asked before the engine has heard of it, and what it still tells of this one is not heard. */
  cut(): void {
    const open = openTurn(this.current.value);
    if (open === null) return;
    this.#ports.stopAnswer(open.id);
    this.#take(endedUntold(open.id, null, open.answer));
  }

  stop(): void {
    const open = openTurn(this.current.value);
    if (open !== null) this.#ports.stopAnswer(open.id);
  }

  take(event: AnswerEvent): void {
    this.#take(event);
  }

  /** Ends every open answer: an engine that is gone cannot say so. */
  endAll(message: string): void {
    for (const conversation of this.conversations.peek()) {
      const open = openTurn(conversation);
      if (open === null) continue;
      // One that still waited for its turn would otherwise be written unseen.
      this.#ports.stopAnswer(open.id);
      this.#take(endedUntold(open.id, message, open.answer));
    }
  }

  /** With the settings of the one before. */
  create(): void {
    this.news.value = null;
    this.#draft.value = emptyConversation(crypto.randomUUID(), this.current.value.settings);
    this.#currentId.value = "";
  }

  select(id: string): void {
    this.news.value = null;
    this.#currentId.value = id;
  }

  remove(id: string): void {
    const conversation = this.#find(id);
    if (conversation === undefined) return;
    this.removed.value = newestFirst([...this.removed.value, conversation]);
    this.#drop(conversation);
    this.#ports.shelf.remove(id).catch((error: unknown) => this.#notKept(error));
  }

  putBack(id: string): void {
    const conversation = this.removed.value.find((candidate) => candidate.id === id);
    if (conversation === undefined) return;
    this.removed.value = this.removed.value.filter((candidate) => candidate !== conversation);
    this.conversations.value = newestFirst([...this.conversations.value, conversation]);
    this.#saveSoon(id);
  }

  /** From now on they cannot be put back. */
  forgetRemoved(): void {
    this.removed.value = [];
  }

  setSettings(change: Partial<ChatSettings>): void {
    const conversation = this.current.value;
    const changed = { ...conversation, settings: { ...conversation.settings, ...change } };
    if (this.#find(conversation.id) === undefined) this.#draft.value = changed;
    else this.#put(changed);
  }

  #take(event: ChatEvent): void {
    const isIts = (candidate: Conversation) => openTurn(candidate)?.id === event.id;
    const conversation = this.conversations.peek().find(isIts);
    if (conversation !== undefined) this.#put(step(conversation, event));
    // One that is put back has its answer as far as it came.
    else if (this.removed.peek().some(isIts))
      this.removed.value = this.removed.peek().map((each) => (isIts(each) ? changed(step(each, event)) : each));
  }

  /** Follows, unless this tab has something of its own to save: then the save finds out. */
  #hear(change: ShelfChange): void {
    if (change.kind === "removed") {
      this.#removedElsewhere(change.id);
      return;
    }
    const { conversation } = change;
    const { id, changedAtMs } = conversation;
    const isOlder = changedAtMs <= (this.#keptMs.get(id) ?? 0);
    if (isOlder || openTurn(conversation) !== null || this.#unsaved.has(id)) return;
    this.#keptMs.set(id, changedAtMs);
    this.removed.value = this.removed.value.filter((candidate) => candidate.id !== id);
    const others = this.conversations.value.filter((candidate) => candidate.id !== id);
    this.conversations.value = newestFirst([conversation, ...others]);
  }

  #removedElsewhere(id: string): void {
    const conversation = this.#find(id);
    if (conversation === undefined) return;
    const wasOpen = this.#currentId.value === id;
    this.#drop(conversation);
    if (wasOpen) this.news.value = texts.chat.removedElsewhere;
  }

  #drop(conversation: Conversation): void {
    const { id } = conversation;
    const open = openTurn(conversation);
    if (this.#currentId.value === id) this.create();
    this.#unsaved.delete(id);
    this.#keptMs.delete(id);
    this.conversations.value = this.conversations.value.filter((candidate) => candidate.id !== id);
    if (open !== null) this.#ports.stopAnswer(open.id);
    this.#ports.closeConversation(id);
  }

  #find(id: string): Conversation | undefined {
    return this.conversations.value.find((conversation) => conversation.id === id);
  }

  #put(conversation: Conversation): void {
    const now = changed(conversation);
    const others = this.conversations.peek().filter(({ id }) => id !== now.id);
    this.conversations.value = [now, ...others];
    this.#saveSoon(now.id);
  }

  #saveSoon(id: string): void {
    this.#unsaved.add(id);
    this.#timer ??= setTimeout(() => this.#saveNow(), SAVE_EVERY_MS);
  }

  #saveNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const id of this.#unsaved) this.#saving = this.#saving.then(() => this.#save(id));
  }

  async #save(id: string): Promise<void> {
    const conversation = this.conversations.peek().find((candidate) => candidate.id === id);
    if (conversation === undefined || !this.#unsaved.has(id)) return;
    try {
      const saved = await this.#ports.shelf.save(conversation, this.#keptMs.get(id) ?? null);
      const now = this.conversations.peek().find((candidate) => candidate.id === id);
      if (now === undefined) return; // deleted meanwhile
      switch (saved.kind) {
        case "kept":
          this.#keptMs.set(id, conversation.changedAtMs);
          if (now === conversation) this.#unsaved.delete(id);
          return;
        case "changed":
          this.#part(now, saved.kept);
          return;
        case "gone":
          this.#removedElsewhere(id);
          return;
        default:
          saved satisfies never;
      }
    } catch (error) {
      this.#notKept(error); // and saved with whatever is saved next
    }
  }

  /** C2. An answer that is being written goes on in the copy. */
  #part(mine: Conversation, kept: Conversation): void {
    const { id } = mine;
    const copy = { ...mine, id: crypto.randomUUID() };
    const others = this.conversations.peek().filter((candidate) => candidate.id !== id);
    const wasOpen = this.#currentId.peek() === id;
    this.#unsaved.delete(id);
    this.#keptMs.set(id, kept.changedAtMs);
    this.#saveSoon(copy.id);
    batch(() => {
      this.conversations.value = newestFirst([copy, reopened(kept), ...others]);
      if (!wasOpen) return;
      this.#currentId.value = copy.id;
      this.news.value = texts.chat.parted;
    });
  }

  #notKept(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.whyNotKept.value = isQuota(error) ? texts.chat.notKeptFull : texts.chat.notKept(why);
  }
}

/** Later than the form before it, however the clock goes: the shelf tells forms apart by that. */
function changed(conversation: Conversation): Conversation {
  return { ...conversation, changedAtMs: Math.max(Date.now(), conversation.changedAtMs + 1) };
}
