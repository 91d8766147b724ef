import { describe, expect, it } from "vitest";
import {
  DEFAULT_SETTINGS,
  emptyConversation,
  MAX_SEED,
  messagesFor,
  openTurn,
  reopened,
  seedAfter,
  seedFrom,
  step,
  titleOf,
  toMarkdown,
  withoutFrom,
  type ChatEvent,
  type Conversation,
} from "./chat.ts";

const timings = { promptTokens: 10, reusedTokens: 0, prefillMs: 200, timeToFirstTokenMs: 250, decodeMs: 1000, laps: 5 };

function play(events: readonly ChatEvent[], from: Conversation = emptyConversation("c")): Conversation {
  return events.reduce(step, from);
}

const asked = (id: string, question = `question ${id}`): ChatEvent => ({ kind: "asked", id, question });
const token = (id: string, text: string): ChatEvent => ({ kind: "token", id, text });
function finished(
  id: string,
  finish: "stop" | "length" | "cancelled" | "failed",
  text: string,
  reason: string | null = null,
): ChatEvent {
  return { kind: "finished", id, finish, reason, text, ids: [1, 2, 3], output: [1, 2, 3, 4, 5], timings };
}

describe("step", () => {
  it("grows the answer by each token's text and keeps the turn open until it ends", () => {
    const waiting = play([asked("a")]);
    expect(openTurn(waiting)).toMatchObject({ id: "a", answer: "", state: { kind: "waiting" } });
    const streaming = play([token("a", "Hel"), token("a", ""), token("a", "lo")], waiting);
    expect(openTurn(streaming)).toMatchObject({ answer: "Hello", state: { kind: "streaming" } });
    expect(openTurn(play([finished("a", "stop", "Hello!")], streaming))).toBeNull();
  });

  it("ends with the engine's whole text and its figures", () => {
    const { turns } = play([asked("a"), token("a", "Hel"), finished("a", "stop", "Hello")]);
    expect(turns).toEqual([
      {
        id: "a",
        question: "question a",
        answer: "Hello",
        state: {
          kind: "complete",
          figures: {
            tokens: 5,
            timeToFirstTokenMs: 250,
            tokensPerSecond: 4,
            contextTokens: 8,
            promptTokens: 10,
            reusedTokens: 0,
          },
        },
      },
    ]);
  });

  it("names each way an answer ends", () => {
    const kindOf = (finish: "stop" | "length" | "cancelled") =>
      play([asked("a"), finished("a", finish, "x")]).turns[0]?.state.kind;
    expect([kindOf("stop"), kindOf("length"), kindOf("cancelled")]).toEqual(["complete", "length", "stopped"]);
  });

  it("keeps every word that was read when an answer fails, whatever text the failure carries", () => {
    const { turns } = play([asked("a"), token("a", "Paris is"), finished("a", "failed", "", "Phone left.")]);
    expect(turns[0]).toMatchObject({ answer: "Paris is", state: { kind: "failed", message: "Phone left." } });
  });

  it("gives no speed where one token leaves nothing to measure", () => {
    const one: ChatEvent = {
      kind: "finished",
      id: "a",
      finish: "stop",
      reason: null,
      text: "x",
      ids: [1, 2],
      output: [1],
      timings: { ...timings, decodeMs: 0 },
    };
    expect(play([asked("a"), one]).turns[0]?.state).toEqual({
      kind: "complete",
      figures: {
        tokens: 1,
        timeToFirstTokenMs: 250,
        tokensPerSecond: null,
        contextTokens: 3,
        promptTokens: 10,
        reusedTokens: 0,
      },
    });
  });

  it("says what guessing brought, where something was guessed", () => {
    const counts = { frames: 4, rows: 10, drafted: 5, accepted: 3, cancelled: 1, drafters: [] };
    const guessed = { ...finished("a", "stop", "x"), timings: { ...timings, laps: 3, counts } };
    const { turns } = play([asked("a"), guessed]);
    expect(turns[0]?.state).toMatchObject({ figures: { guessing: { tokensPerLap: 2, heldShare: 0.6 } } });
    const plain = { ...guessed, timings: { ...timings, laps: 5, counts: { ...counts, drafted: 0 } } };
    expect(play([asked("a"), plain]).turns[0]?.state).not.toHaveProperty("figures.guessing");
  });

  it("ignores events of answers of another conversation and of ended ones", () => {
    const ended = play([asked("a"), finished("a", "cancelled", "x")]);
    expect(play([token("a", "more"), finished("a", "stop", "more")], ended)).toBe(ended);
    const other = play([asked("b")], ended);
    expect(play([token("elsewhere", "?")], other)).toBe(other);
  });
});

describe("messagesFor", () => {
  it("sends the dialogue in order, stopped and failed answers with the text they have", () => {
    const conversation = play([
      ...[asked("a"), finished("a", "stop", "one")],
      ...[asked("b"), token("b", "tw"), finished("b", "cancelled", "tw")],
      ...[asked("c"), token("c", "thr"), finished("c", "failed", "", "lost")],
    ]);
    expect(messagesFor(conversation, "next").map(({ role, content }) => `${role}: ${content}`)).toEqual([
      "user: question a",
      "assistant: one",
      "user: question b",
      "assistant: tw",
      "user: question c",
      "assistant: thr",
      "user: next",
    ]);
  });

  it("leaves out a question that got no text, so that roles alternate", () => {
    const conversation = play([asked("a"), finished("a", "failed", "", "lost")]);
    expect(messagesFor(conversation, "again")).toEqual([{ role: "user", content: "again" }]);
  });

  it("begins with the system prompt unless it is blank", () => {
    const told = (systemPrompt: string) => emptyConversation("c", { ...DEFAULT_SETTINGS, systemPrompt });
    expect(messagesFor(told(" Be brief. "), "q")[0]).toEqual({ role: "system", content: "Be brief." });
    expect(messagesFor(told("  \n"), "q")).toEqual([{ role: "user", content: "q" }]);
  });
});

describe("withoutFrom", () => {
  const two = play([asked("a"), finished("a", "stop", "one"), asked("b"), finished("b", "stop", "two")]);

  it("drops a turn and what followed from it", () => {
    expect(withoutFrom(two, "b").turns.map(({ id }) => id)).toEqual(["a"]);
    expect(withoutFrom(two, "a").turns).toEqual([]);
  });

  it("changes nothing while an answer is being written, or for a turn that is not there", () => {
    expect(withoutFrom(two, "z")).toBe(two);
    const open = play([asked("c")], two);
    expect(withoutFrom(open, "a")).toBe(open);
  });
});

it("a seed is a whole number that draws, whatever was typed, and has another after it", () => {
  expect([7, 2.6, -1, NaN, 1e99].map(seedFrom)).toEqual([7, 3, 0, 0, MAX_SEED]);
  expect([7, MAX_SEED, 1e99].map(seedAfter)).toEqual([8, 0, 0]);
});

it("an answer that was open when the page closed has ended, with its text", () => {
  const { turns } = reopened(play([asked("a"), token("a", "Once")]));
  expect(turns[0]).toMatchObject({ answer: "Once", state: { kind: "failed" } });
  const complete = play([asked("a"), finished("a", "stop", "x")]);
  expect(reopened(complete)).toBe(complete);
});

it("is named after its first question, and kept as Markdown", () => {
  expect(titleOf(emptyConversation("c"))).toBe("Nothing asked yet");
  expect(titleOf(play([asked("a", "Why\n is the   sky blue?")]))).toBe("Why is the sky blue?");
  expect(titleOf(play([asked("a", "x".repeat(80))]))).toHaveLength(60);
  // Whole characters, which a link can have.
  expect(titleOf(play([asked("a", "🦊".repeat(80))]))).toBe(`${"🦊".repeat(59)}…`);
  expect(encodeURIComponent(toMarkdown(play([asked("a", "half of one: \uD83E")])))).toContain("%EF%BF%BD");
  expect(toMarkdown(play([asked("a", "Why?"), finished("a", "stop", "Because.")]))).toBe(
    "# Why?\n\n**Question**\n\nWhy?\n\n**Answer**\n\nBecause.\n\n",
  );
});
