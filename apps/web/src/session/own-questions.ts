/**
 * What a person asks from a donor's page, and what came of it. Nothing of it is kept beyond the page's life; it outlives a visit, as a phone's page
 * goes and comes back.
 */
import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";
import { LIMITS } from "@jupiter/protocol/limits";
import type { AskEnd, AskRule, DonorMessage, HostMessage } from "@jupiter/protocol";
import { texts } from "../texts/index.ts";

export type OwnState =
  /** The host has not said yet what becomes of it. */
  | { readonly kind: "sent" }
  /** A person at the host is asked. */
  | { readonly kind: "asking" }
  /** For so many questions; 0: it is read. */
  | { readonly kind: "queued"; readonly before: number }
  | { readonly kind: "streaming" }
  | { readonly kind: "ended"; readonly end: AskEnd };

export interface OwnTurn {
  readonly id: number;
  readonly question: string;
  /** Markdown. */
  readonly answer: string;
  readonly state: OwnState;
  readonly conversation: number;
}

type Send = (message: Extract<DonorMessage, { type: "ask" | "stop-ask" }>) => void;
type Told = Extract<HostMessage, { type: "ask-rule" | "ask-waits" | "ask-text" | "ask-ended" }>;

export class OwnQuestions {
  readonly turns = signal<readonly OwnTurn[]>([]);
  /** The next question, as far as it is typed. */
  readonly draft = signal("");
  /** What the host said of this device's questions; null: nothing, so nothing can be asked. */
  readonly rule = signal<AskRule | null>(null);
  /** The one whose answer is not complete; only the last can be. */
  readonly open: ReadonlySignal<OwnTurn | null> = computed(() => {
    const last = this.turns.value.at(-1);
    return last === undefined || last.state.kind === "ended" ? null : last;
  });
  /** The host knows nothing of what is shown. */
  readonly isForgotten: ReadonlySignal<boolean> = computed(() => {
    const last = this.turns.value.at(-1);
    return last !== undefined && last.conversation !== this.#conversation.value;
  });
  readonly #conversation = signal(0);
  #send: Send | null = null;
  #nextId = 0;

  /** A control link to the host stands. */
  linked(send: Send): void {
    if (this.#send !== null) this.unlinked(texts.asking.linkLost);
    this.#send = send;
  }

  /** It stands no more, and what the host knew of this device is gone with it. */
  unlinked(message: string): void {
    this.#send = null;
    batch(() => {
      this.rule.value = null;
      this.#nextConversation();
      this.#endOpen({ kind: "failed", message });
    });
  }

  /** False: it was not asked, as one is open, or no host takes it. */
  ask(text: string): boolean {
    const question = text.trim().slice(0, LIMITS.questionChars);
    if (this.#send === null || this.open.peek() !== null || question === "") return false;
    const id = this.#nextId++;
    const conversation = this.#conversation.peek();
    this.turns.value = [...this.turns.peek(), { id, question, answer: "", state: { kind: "sent" }, conversation }];
    this.#send({ type: "ask", id, question, conversation });
    return true;
  }

  stop(): void {
    const open = this.open.peek();
    if (open !== null) this.#send?.({ type: "stop-ask", id: open.id });
  }

  /** Nothing that was asked before counts for the next question, or is shown. */
  startAnew(): void {
    if (this.open.peek() !== null) return;
    this.turns.value = [];
    this.#nextConversation();
  }

  /** What the host tells of questions that are not open is of no use any more. */
  receive(message: Told): void {
    if (message.type === "ask-rule") {
      this.rule.value = message.rule;
      return;
    }
    const open = this.open.peek();
    if (open === null || open.id !== message.id) return;
    switch (message.type) {
      case "ask-waits":
        this.#put({
          ...open,
          state: message.before === null ? { kind: "asking" } : { kind: "queued", before: message.before },
        });
        return;
      case "ask-text": {
        const answer = open.answer + message.text;
        if (answer.length <= LIMITS.answerChars) {
          this.#put({ ...open, answer, state: { kind: "streaming" } });
          return;
        }
        this.stop();
        this.#endOpen({ kind: "failed", message: texts.asking.tooLongAnswer });
        return;
      }
      case "ask-ended":
        this.#endOpen(message.end);
        return;
      default:
        message satisfies never;
    }
  }

  /** Read with `peek`: an effect that brings this about must not run again for it. */
  #nextConversation(): void {
    this.#conversation.value = this.#conversation.peek() + 1;
  }

  #endOpen(end: AskEnd): void {
    const open = this.open.peek();
    if (open === null) return;
    this.#put({ ...open, state: { kind: "ended", end } });
  }

  #put(turn: OwnTurn): void {
    this.turns.value = [...this.turns.peek().slice(0, -1), turn];
  }
}
