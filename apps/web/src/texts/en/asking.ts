/** Questions that a device asks from its own page: there, and at the host. */
import type { AskRefusal, AskRule } from "@jupiter/protocol";
import { units } from "./units.ts";

function list(names: readonly string[]): string {
  if (names.length < 2) return names.join();
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** On the asker's page. */
const refusals: Readonly<Record<AskRefusal, string>> = {
  none: "The host takes no questions from this device.",
  refused: "The host did not take this question.",
  busy: "Questions of this device wait already. Ask again when they are answered.",
  "too-often": "That was too often in a short time. Wait some seconds, then ask again.",
  "not-serving": "This device computes in no ring at the moment. Ask again when it does.",
};

const rules: Readonly<Record<AskRule, string>> = {
  each: "A person at the host is asked before a question is answered.",
  all: "The host answers this device’s questions at once.",
  none: "The host takes no questions from this device.",
};

export const asking = {
  title: "Ask the ring",
  /** `others`: what the host calls the other devices that compute. */
  readers: (others: readonly string[]) =>
    "Your questions and their answers can be read at the host, whose page shows them. " +
    (others.length === 0
      ? "No other device takes part."
      : `${list(others)} ${others.length === 1 ? "computes" : "compute"} on them as well: ` +
        `${others.length === 1 ? "it gets" : "they get"} numbers, from which words can be guessed.`) +
    " No server can read them. This page keeps them only while it is open.",
  soon: "As soon as this device computes in the ring you can ask it something from here.",
  again: "You can ask again when this device computes in the ring.",
  rules,
  messages: "Your questions",
  message: "Your question",
  placeholder: "Ask the ring…",
  length: (length: number, most: number) =>
    `${length.toLocaleString("en")} of at most ${most.toLocaleString("en")} characters: what is longer is cut.`,
  ask: "Ask",
  stop: "Stop",
  anew: "New conversation",
  begins: "The host knows nothing of the questions above any more: the next one begins a new conversation.",
  notFetched: "What shows answers could not be fetched. Check that this device is online, then reload this page.",
  sent: "Sent to the host…",
  waitsForHost: "A person at the host is asked whether to answer this.",
  before: (count: number) => (count === 1 ? "1 question before yours." : `${count} questions before yours.`),
  complete: (tokens: number) => `Complete · ${units.tokens(tokens)}`,
  cut: (tokens: number) => `Cut at the longest answer, or the end of the context · ${units.tokens(tokens)}`,
  stopped: { asker: "Stopped", host: "Stopped by the host" },
  refusals,
  linkLost: "The link to the host was lost before the answer was complete.",
  left: "This device left before the answer was complete.",
  tooLongAnswer: "The host sends more than an answer can be.",

  questions: "Questions from other devices",
  policies: {
    each: "ask me each time",
    all: "answer all",
    none: "take none",
  } satisfies Record<AskRule, string>,
  policyHint:
    "Devices of the ring can ask from their own pages. A question that waits for your word stands over this page; then it stays here with its answer. One device can be an exception, in its menu above.",
  ruleOf: (name: string) => `Questions from ${name}`,
  asForAll: (policy: string) => `as for all: ${policy}`,
  asked: "Questions",
  asks: (name: string) => `${name} asks:`,
  asksInTitle: (name: string) => `${name} asks`,
  answer: "Answer",
  answerOf: (name: string) => `Answer ${name}`,
  refuse: "Refuse",
  refuseOf: (name: string) => `Refuse the question from ${name}`,
  stopOf: (name: string) => `Stop the answer to ${name}`,
  showAnswer: "Show the answer",
  beforeIt: (count: number) => (count === 0 ? "Waits for the ring." : `Waits: ${count} before it.`),
};
