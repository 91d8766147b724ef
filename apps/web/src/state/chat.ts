/** One conversation as a reader sees it. Pure: what the engine tells becomes text and endings, nothing here asks or waits. */
import type { ChatMessage } from "@jupiter/model/tokenizer";
import type { AnswerEvent, OutlineChoice, SetAside } from "../engine/api.ts";
import { texts } from "../texts/index.ts";

export interface Figures {
  readonly tokens: number;
  readonly timeToFirstTokenMs: number;
  /** Null: fewer than two tokens, nothing to measure. */
  readonly tokensPerSecond: number | null;
  /** Of the dialogue with this answer, as the model counts: what has to fit into its context. */
  readonly contextTokens: number;
  /** Of the dialogue up to the question, and how many of them the ring still held from before; undefined in what earlier pages kept. */
  readonly promptTokens?: number;
  readonly reusedTokens?: number;
  /** What guessing ahead brought. Absent: nothing was guessed. */
  readonly guessing?: Guessing;
  /** What was tried first and led to nothing. Absent: nothing was. */
  readonly setAside?: SetAside;
}

export interface Guessing {
  /** Tokens that a round trip brought on average. */
  readonly tokensPerLap: number;
  /** Share of the guesses sent that the model agreed with. */
  readonly heldShare: number;
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
  /** That its answer was asked for with. Absent: the conversation's. */
  readonly temperature?: number;
}

/** How answers of one conversation are written. */
export interface ChatSettings {
  readonly systemPrompt: string;
  /** 0: the likeliest token at every step. */
  readonly temperature: number;
  /** Of the choice of tokens: the same one gives the same answer to the same dialogue. */
  readonly seed: number;
  /** Whether lists are written point by point, all points at once. Absent: off. */
  readonly outline?: OutlineChoice;
  /** Whether tokens are sent round the ring before they are certain. Changes no answer. Absent: no. */
  readonly guessesAhead?: boolean;
}

export interface Conversation {
  readonly id: string;
  readonly turns: readonly Turn[];
  readonly settings: ChatSettings;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
}

export const DEFAULT_SETTINGS: ChatSettings = { systemPrompt: "", temperature: 0, seed: 1 };

/** The largest seed: 32-bit numbers draw. */
export const MAX_SEED = 2 ** 31 - 1;

/** The seed nearest to any number; no number: 0. */
export function seedFrom(typed: number): number {
  return Math.min(MAX_SEED, Math.max(0, Math.round(typed) || 0));
}

/** Another chance. */
export function seedAfter(seed: number): number {
  return seed < MAX_SEED ? seed + 1 : 0;
}

export type ChatEvent =
  | { readonly kind: "asked"; readonly id: string; readonly question: string; readonly temperature?: number }
  | Pick<Extract<AnswerEvent, { kind: "token" }>, "kind" | "id" | "text">
  | Extract<AnswerEvent, { kind: "points" }>
  | Pick<
      Extract<AnswerEvent, { kind: "finished" }>,
      "kind" | "id" | "finish" | "reason" | "ids" | "text" | "output" | "timings" | "setAside"
    >;

export function emptyConversation(id: string, settings = DEFAULT_SETTINGS): Conversation {
  return { id, turns: [], settings, changedAtMs: 0 };
}

/** Events of an answer that is not here, or that has ended, change nothing: they belong to a conversation that was left. */
export function step(conversation: Conversation, event: ChatEvent): Conversation {
  if (event.kind === "asked") {
    const { kind: _, ...asked } = event;
    return { ...conversation, turns: [...conversation.turns, { ...asked, answer: "", state: { kind: "waiting" } }] };
  }
  const open = openTurn(conversation);
  if (open === null || open.id !== event.id) return conversation;
  const next: Turn =
    event.kind === "token"
      ? { ...open, answer: open.answer + event.text, state: { kind: "streaming" } }
      : event.kind === "points"
        ? { ...open, answer: event.text, state: { kind: "streaming" } }
        : { ...open, answer: finalText(open, event), state: ending(event) };
  return { ...conversation, turns: [...conversation.turns.slice(0, -1), next] };
}

/** Without this turn and those after it: its question is asked anew, or another in its place. Unchanged while an answer is open. */
export function withoutFrom(conversation: Conversation, turnId: string): Conversation {
  const index = conversation.turns.findIndex(({ id }) => id === turnId);
  if (index < 0 || openTurn(conversation) !== null) return conversation;
  return { ...conversation, turns: conversation.turns.slice(0, index) };
}

/** As it is read again later: an answer that was being written when the page closed has ended there. */
export function reopened(conversation: Conversation): Conversation {
  const open = openTurn(conversation);
  if (open === null) return conversation;
  const ended: Turn = {
    ...open,
    state: { kind: "failed", message: texts.chat.pageClosed },
  };
  return { ...conversation, turns: [...conversation.turns.slice(0, -1), ended] };
}

/** Its first question's beginning. */
export function titleOf({ turns }: Conversation): string {
  const question = turns[0]?.question.replace(/\s+/g, " ").trim() ?? "";
  if (question === "") return texts.chat.untitled;
  // By whole characters: half of one cannot stand in a link.
  const characters = Array.from(question);
  return characters.length <= 60 ? question : `${characters.slice(0, 59).join("").trimEnd()}…`;
}

export function newestFirst(conversations: readonly Conversation[]): readonly Conversation[] {
  return conversations.toSorted((a, b) => b.changedAtMs - a.changedAtMs);
}

/** For a file that people keep; well-formed, whatever was pasted. */
export function toMarkdown(conversation: Conversation): string {
  const { systemPrompt } = conversation.settings;
  const text = [
    `# ${titleOf(conversation)}`,
    ...(systemPrompt.trim() === "" ? [] : [`*${texts.chat.systemPromptInExport}* ${systemPrompt.trim()}`]),
    ...conversation.turns.flatMap(({ question, answer }) => [
      `**${texts.chat.question}**\n\n${question}`,
      `**${texts.chat.answer}**\n\n${answer}`,
    ]),
    "",
  ].join("\n\n");
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** What the dialogue takes of the model's context; 0 before the first answer has ended. */
export function contextTokens({ turns }: Conversation): number {
  for (const { state } of turns.toReversed()) if ("figures" in state) return state.figures.contextTokens;
  return 0;
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
export function messagesFor({ turns, settings }: Conversation, question: string): readonly ChatMessage[] {
  const system = settings.systemPrompt.trim();
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

function ending({ finish, reason, ids, output, timings, setAside }: Finished): AnswerState {
  const { timeToFirstTokenMs, decodeMs, promptTokens, reusedTokens } = timings;
  const intervals = output.length - 1;
  const tokensPerSecond = intervals > 0 && decodeMs > 0 ? (intervals * 1000) / decodeMs : null;
  const contextTokens = ids.length + output.length;
  const guessing = guessingOf(timings, output.length);
  const figures = {
    tokens: output.length,
    timeToFirstTokenMs,
    tokensPerSecond,
    contextTokens,
    promptTokens,
    reusedTokens,
    ...(guessing === null ? {} : { guessing }),
    ...(setAside === undefined ? {} : { setAside }),
  };
  switch (finish) {
    case "stop":
      return { kind: "complete", figures };
    case "length":
      return { kind: "length", figures };
    case "cancelled":
      return { kind: "stopped", figures };
    case "failed":
      return { kind: "failed", message: reason ?? texts.chat.failed };
    default:
      return finish satisfies never;
  }
}

/** The prompt's lap and the token that it brings are not counted. */
function guessingOf({ laps, counts }: Finished["timings"], tokens: number): Guessing | null {
  if (counts === undefined || counts.drafted === 0 || laps < 2) return null;
  return { tokensPerLap: (tokens - 1) / (laps - 1), heldShare: counts.accepted / counts.drafted };
}
