/** One conversation as a reader sees it. Pure: what the engine tells becomes text and endings, nothing here asks or waits. */
import type { ChatMessage } from "@jupiter/model/tokenizer";
import type { AnswerEvent } from "../engine/api.ts";

export interface Figures {
  readonly tokens: number;
  readonly timeToFirstTokenMs: number;
  /** Null: fewer than two tokens, nothing to measure. */
  readonly tokensPerSecond: number | null;
}

export type AnswerState =
  /** Asked; nothing came yet. */
  | { readonly kind: "waiting" }
  | { readonly kind: "streaming" }
  | { readonly kind: "complete"; readonly figures: Figures }
  /** Cut at the longest answer that was asked for, or where the context was full. */
  | { readonly kind: "length"; readonly figures: Figures }
  | { readonly kind: "stopped"; readonly figures: Figures }
  | { readonly kind: "failed"; readonly message: string };

export interface Turn {
  /** Of the question and of its answer. */
  readonly id: string;
  readonly question: string;
  /** Markdown. */
  readonly answer: string;
  readonly state: AnswerState;
}

export interface Conversation {
  readonly id: string;
  readonly turns: readonly Turn[];
}

export type ChatEvent =
  | { readonly kind: "asked"; readonly id: string; readonly question: string }
  | Pick<Extract<AnswerEvent, { kind: "token" }>, "kind" | "id" | "text">
  | Pick<
      Extract<AnswerEvent, { kind: "finished" }>,
      "kind" | "id" | "finish" | "reason" | "text" | "output" | "timings"
    >;

export function emptyConversation(id: string): Conversation {
  return { id, turns: [] };
}

/** Events of an answer that is not here, or that has ended, change nothing: they belong to a conversation that was left. */
export function step(conversation: Conversation, event: ChatEvent): Conversation {
  if (event.kind === "asked") {
    const { id, question } = event;
    return {
      ...conversation,
      turns: [...conversation.turns, { id, question, answer: "", state: { kind: "waiting" } }],
    };
  }
  const open = openTurn(conversation);
  if (open === null || open.id !== event.id) return conversation;
  const next: Turn =
    event.kind === "token"
      ? { ...open, answer: open.answer + event.text, state: { kind: "streaming" } }
      : { ...open, answer: finalText(open, event), state: ending(event) };
  return { ...conversation, turns: [...conversation.turns.slice(0, -1), next] };
}

/** The turn whose answer is still being written; only the last can be. */
export function openTurn({ turns }: Conversation): Turn | null {
  const last = turns.at(-1);
  return last !== undefined && (last.state.kind === "waiting" || last.state.kind === "streaming") ? last : null;
}

/**
 * What the model is told, with `question` as the newest. An unfinished answer counts with the text it has; a question that got no text at all
 * is left out together with its answer, as roles must alternate.
 */
export function messagesFor({ turns }: Conversation, question: string, systemPrompt: string): readonly ChatMessage[] {
  const system = systemPrompt.trim();
  return [
    ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
    ...turns.flatMap((turn) =>
      turn.answer === ""
        ? []
        : [
            { role: "user" as const, content: turn.question },
            { role: "assistant" as const, content: turn.answer },
          ],
    ),
    { role: "user", content: question },
  ];
}

type Finished = Extract<ChatEvent, { kind: "finished" }>;

/** The engine's whole text, which also has what was held back at the end; never less than a person has read. */
function finalText({ answer }: Turn, { text }: Finished): string {
  return text.length >= answer.length ? text : answer;
}

function ending({ finish, reason, output, timings }: Finished): AnswerState {
  const { timeToFirstTokenMs, decodeMs } = timings;
  const intervals = output.length - 1;
  const tokensPerSecond = intervals > 0 && decodeMs > 0 ? (intervals * 1000) / decodeMs : null;
  const figures = { tokens: output.length, timeToFirstTokenMs, tokensPerSecond };
  switch (finish) {
    case "stop":
      return { kind: "complete", figures };
    case "length":
      return { kind: "length", figures };
    case "cancelled":
      return { kind: "stopped", figures };
    case "failed":
      return { kind: "failed", message: reason ?? "The answer could not be written. Ask again." };
    default:
      return finish satisfies never;
  }
}
