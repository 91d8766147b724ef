/** The conversation. */
import type { SetAside } from "../../engine/api.ts";
import type { PromptLength } from "../../state/prompt-length.ts";
import { units } from "./units.ts";

export const chat = {
  conversation: "Conversation",
  messages: "Messages",
  message: "Message",
  placeholder: "Ask the ring…",
  send: "Send",
  stop: "Stop",
  emptyTitle: "What shall the room think about?",
  empty: "Ask something: the devices of this room write the answer together, and it never leaves them.",
  contextFills: (used: number, capacity: number) =>
    `This conversation fills ${used} of ${units.tokens(capacity)}. When it is full answers end early: begin a new one soon.`,
  tooLong: ({ tokens, isExact }: PromptLength, capacity: number, hasBefore: boolean) =>
    `${hasBefore ? "The conversation with this question" : "This question"} has ${isExact ? "" : "about "}${units.tokens(tokens)}, and the context has room for fewer than ${capacity}. ` +
    `Shorten it, ${hasBefore ? "begin a new conversation, " : ""}or set a longer context in the room’s options.`,
  edited: "Edited question",
  editedHint: "What followed from this question is dropped.",
  keepAsItWas: "Keep as it was",
  askInstead: "Ask this instead",
  edit: "Edit",
  askAgain: "Ask again",
  circles: {
    greedy: "This answer goes round in circles, as small models do where they always take the likeliest word.",
    drawn: "This answer goes round in circles, as small models do at times.",
  },
  askAgainWith: (temperature: number) => `Ask again with temperature ${temperature}`,
  thisAnswerOnly: "For this answer only: the conversation’s setting stays.",
  writtenWith: (temperature: number) => `Written with temperature ${temperature}, this answer only.`,
  reading: "Reading the question…",
  answerEnds: (message: string) => `The answer ends here: ${message}`,
  cut: "Cut at the longest answer, or the end of the context",
  stopped: "Stopped",
  stoppedAtOnce: "Stopped before the first word.",
  wordless: "The model ended its answer without a word: put the question another way.",
  answered: "The answer is complete.",
  figures: (tokens: number, timeToFirstTokenMs: number) =>
    `${units.tokens(tokens)} · first after ${units.seconds(timeToFirstTokenMs)}`,
  setAside: {
    "not-fit": (ms: number) =>
      `Written as usual: the model found that no list fits this question. Asking it took ${units.seconds(ms)}.`,
    "no-outline": (ms: number) =>
      `Written as usual: the model’s outline was no list of points. The attempt took ${units.seconds(ms)}.`,
  } satisfies Record<SetAside["why"], (ms: number) => string>,
  tokensPerSecond: (rate: number) => `${units.rate(rate)} tokens/s`,
  guessing: (tokensPerLap: number, heldShare: number) =>
    `${units.rate(tokensPerLap)} tokens a lap, ${Math.round(heldShare * 100)} % of guesses held`,
  outline: "Lists point by point",
  outlineChoices: { off: "off", auto: "when the model finds the question fit", on: "always" },
  outlineHint:
    "All points are written at once, which is faster with several devices. It is another text than the plain answer; small models write poor outlines and find nearly every question fit.",
  guessAhead: "Guess ahead",
  guessAheadHint:
    "Words that stood in the conversation before are tried as the next ones. The answer stays the same; it comes faster where it repeats them, and at times a little slower where it does not.",
  remembered: (reused: number, prompt: number) => `${reused} of ${prompt} read before`,
  copyCode: "Copy",
  codeCopied: "Copied",
  copyFailed: "Select it and press Ctrl or ⌘ and C",
  code: "Code",
  newConversation: "New conversation",
  /** Of one without a question. */
  untitled: "Nothing asked yet",
  conversations: "Conversations",
  noConversations: "No conversations yet. They stay in this browser.",
  export: "Export",
  exportOf: (title: string) => `Export ${title}`,
  exportName: "conversation",
  delete: "Delete",
  deleteOf: (title: string) => `Delete ${title}`,
  deleted: "Deleted:",
  undo: "Undo",
  undoOf: (title: string) => `Undo deleting ${title}`,
  parted: "This conversation went on in another tab as well. Both are kept: this one is now a copy of its own.",
  removedElsewhere: "The conversation was deleted in another tab.",
  settings: "How it answers",
  systemPrompt: "What the model is told first (system prompt)",
  systemPromptInExport: "System prompt:",
  question: "Question",
  answer: "Answer",
  temperature: (temperature: number) =>
    `Temperature: ${temperature === 0 ? "0, always the likeliest word" : temperature}`,
  seed: "Seed: the same one gives the same answer; Ask again takes the next one",
  pageClosed: "This page was closed while the answer was written.",
  failed: "The answer could not be written. Ask again.",
  notKeptFull:
    "The disk is full: this conversation is not kept. It is gone when this page closes: export what you want to keep, or free some disk space.",
  notKept: (why: string) =>
    `This browser does not keep conversations (${why}); a private window is the usual reason. They are gone when this page closes: export what you want to keep.`,
};
