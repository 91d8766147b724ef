/** The host's conversations: which is open, what is asked in it, and what is kept of it. */
import { isQuota } from "../browser/kept-weights.ts";
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type { DecodingChoice } from "@jupiter/pipeline";
import type { AnswerEvent, AskOptions } from "../engine/api.ts";
import {
  emptyConversation,
  messagesFor,
  openTurn,
  reopened,
  step,
  withoutFrom,
  type ChatEvent,
  type ChatSettings,
  type Conversation,
} from "../state/chat.ts";
import { texts } from "../texts/index.ts";
import type { Shelf } from "../state/shelf.ts";

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
const PLAINLY: DecodingChoice = { strategy: "plain", drafters: [] };
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
  readonly #draft = signal(emptyConversation(crypto.randomUUID()));
  readonly #currentId = signal("");
  readonly #ports: ChatPorts;
  readonly #unsaved = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(ports: ChatPorts) {
    this.#ports = ports;
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
      const all = [...this.conversations.value, ...kept.filter(({ id }) => !known.has(id))];
      this.conversations.value = all.sort((a, b) => b.changedAtMs - a.changedAtMs);
      if (known.size === 0 && this.#draft.peek() === draft) this.#currentId.value = all[0]?.id ?? "";
    } catch (error) {
      this.#notKept(error);
    }
  }

  /** No effect while this conversation's last answer is being written. */
  ask(question: string, maxTokens: number): void {
    const conversation = this.current.value;
    if (openTurn(conversation) !== null) return;
    const id = crypto.randomUUID();
    this.#put(step(conversation, { kind: "asked", id, question }));
    this.#currentId.value = conversation.id;
    const { temperature, seed, outline = "off", guessesAhead = false } = conversation.settings;
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
  askInstead(turnId: string, question: string, maxTokens: number): void {
    const conversation = this.current.value;
    const shorter = withoutFrom(conversation, turnId);
    if (shorter === conversation) return;
    this.#put(shorter);
    this.ask(question, maxTokens);
  }

  /** The same question; where answers are drawn by chance, by another chance. */
  askAgain(turnId: string, maxTokens: number): void {
    const { turns, settings } = this.current.value;
    const turn = turns.find(({ id }) => id === turnId);
    if (turn === undefined) return;
    if (settings.temperature > 0) this.setSettings({ seed: settings.seed + 1 });
    this.askInstead(turnId, turn.question, maxTokens);
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
    const timings = { promptTokens: 0, reusedTokens: 0, prefillMs: 0, timeToFirstTokenMs: 0, decodeMs: 0, laps: 0 };
    for (const conversation of this.conversations.peek()) {
      const open = openTurn(conversation);
      if (open === null) continue;
      // One that still waited for its turn would otherwise be written unseen.
      this.#ports.stopAnswer(open.id);
      const ending = { finish: "failed", reason: message, text: open.answer, ids: [], output: [], timings } as const;
      this.#take({ kind: "finished", id: open.id, ...ending });
    }
  }

  /** With the settings of the one before. */
  create(): void {
    this.#draft.value = emptyConversation(crypto.randomUUID(), this.current.value.settings);
    this.#currentId.value = "";
  }

  select(id: string): void {
    this.#currentId.value = id;
  }

  remove(id: string): void {
    const open = openTurn(this.#find(id) ?? this.#draft.value);
    if (open !== null) this.#ports.stopAnswer(open.id);
    this.#ports.closeConversation(id);
    this.#unsaved.delete(id);
    this.conversations.value = this.conversations.value.filter((conversation) => conversation.id !== id);
    if (this.#currentId.value === id) this.create();
    this.#ports.shelf.remove(id).catch((error: unknown) => this.#notKept(error));
  }

  setSettings(change: Partial<ChatSettings>): void {
    const conversation = this.current.value;
    const changed = { ...conversation, settings: { ...conversation.settings, ...change } };
    if (this.#find(conversation.id) === undefined) this.#draft.value = changed;
    else this.#put(changed);
  }

  #take(event: ChatEvent): void {
    const conversation = this.conversations.peek().find((candidate) => openTurn(candidate)?.id === event.id);
    if (conversation !== undefined) this.#put(step(conversation, event));
  }

  #find(id: string): Conversation | undefined {
    return this.conversations.value.find((conversation) => conversation.id === id);
  }

  #put(conversation: Conversation): void {
    const changed = { ...conversation, changedAtMs: Date.now() };
    const others = this.conversations.peek().filter(({ id }) => id !== changed.id);
    this.conversations.value = [changed, ...others];
    this.#unsaved.add(changed.id);
    this.#timer ??= setTimeout(() => this.#saveNow(), SAVE_EVERY_MS);
  }

  #saveNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    for (const id of unsaved) void this.#save(id);
  }

  async #save(id: string): Promise<void> {
    const conversation = this.conversations.peek().find((candidate) => candidate.id === id);
    if (conversation === undefined) return;
    try {
      await this.#ports.shelf.save(conversation);
    } catch (error) {
      this.#unsaved.add(id); // with whatever is saved next
      this.#notKept(error);
    }
  }

  #notKept(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.whyNotKept.value = isQuota(error) ? texts.chat.notKeptFull : texts.chat.notKept(why);
  }
}
