import { effect } from "@preact/signals";
import { LIMITS } from "@jupiter/protocol/limits";
import { expect, it } from "vitest";
import { OwnQuestions } from "./own-questions.ts";

function linked() {
  const questions = new OwnQuestions();
  const sent: unknown[] = [];
  questions.linked((message) => sent.push(message));
  questions.receive({ type: "ask-rule", rule: "all" });
  return { questions, sent };
}

it("one question at a time: asked, waited for, written, complete", () => {
  const { questions, sent } = linked();
  expect(questions.ask("  Why?  ")).toBe(true);
  expect(questions.ask("And why else?")).toBe(false);
  expect(sent).toEqual([{ type: "ask", id: 0, question: "Why?", conversation: 0 }]);
  questions.receive({ type: "ask-waits", id: 0, before: null });
  expect(questions.open.value?.state).toEqual({ kind: "asking" });
  questions.receive({ type: "ask-waits", id: 0, before: 2 });
  expect(questions.open.value?.state).toEqual({ kind: "queued", before: 2 });
  questions.receive({ type: "ask-text", id: 0, text: "Be" });
  questions.receive({ type: "ask-text", id: 0, text: "cause" });
  // Of another question.
  questions.receive({ type: "ask-text", id: 1, text: "!" });
  questions.receive({ type: "ask-ended", id: 0, end: { kind: "complete", tokens: 2 } });
  questions.receive({ type: "ask-text", id: 0, text: " more" });
  expect(questions.turns.value).toMatchObject([{ answer: "Because", state: { kind: "ended" } }]);
  expect(questions.ask(" ")).toBe(false);
  expect(questions.ask("And why else?")).toBe(true);
  questions.stop();
  expect(sent.slice(1)).toEqual([
    { type: "ask", id: 1, question: "And why else?", conversation: 0 },
    { type: "stop-ask", id: 1 },
  ]);
});

it("a lost link ends what is open in words, and the next question begins a new dialogue", () => {
  const { questions } = linked();
  questions.ask("Why?");
  questions.unlinked("The link was lost.");
  expect(questions.turns.value[0]?.state).toEqual({
    kind: "ended",
    end: { kind: "failed", message: "The link was lost." },
  });
  expect([questions.rule.value, questions.isForgotten.value, questions.ask("Again?")]).toEqual([null, true, false]);
  const sent: unknown[] = [];
  questions.linked((message) => sent.push(message));
  questions.ask("Again?");
  expect(sent).toEqual([{ type: "ask", id: 1, question: "Again?", conversation: 1 }]);
  expect(questions.isForgotten.value).toBe(false);
});

it("what is begun anew knows nothing of before; not while an answer is open", () => {
  const { questions, sent } = linked();
  questions.ask("Why?");
  questions.startAnew();
  expect(questions.turns.value).toHaveLength(1);
  questions.receive({ type: "ask-ended", id: 0, end: { kind: "stopped", by: "host" } });
  questions.startAnew();
  expect(questions.turns.value).toEqual([]);
  questions.ask("Why?");
  expect(sent.at(-1)).toMatchObject({ conversation: 1 });
});

it("a host that never stops sending is not listened to for ever", () => {
  const { questions, sent } = linked();
  questions.ask("Why?");
  const text = "x".repeat(LIMITS.answerTextChars);
  for (let i = 0; i <= LIMITS.answerChars / text.length; i++) questions.receive({ type: "ask-text", id: 0, text });
  expect(questions.turns.value[0]).toMatchObject({ state: { kind: "ended", end: { kind: "failed" } } });
  expect(questions.turns.value[0]?.answer.length).toBeLessThanOrEqual(LIMITS.answerChars);
  expect(sent.at(-1)).toEqual({ type: "stop-ask", id: 0 });
});

it("can be started anew, and be unlinked, by an effect: it does not run again for what it does itself", () => {
  const { questions } = linked();
  let runs = 0;
  effect(() => {
    runs++;
    questions.startAnew();
    questions.unlinked("The host is gone.");
  });
  expect(runs).toBe(1);
});
