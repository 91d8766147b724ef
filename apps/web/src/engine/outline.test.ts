import type { ChatMessage } from "@jupiter/model/tokenizer";
import { GREEDY } from "@jupiter/pipeline";
import { describe, expect, it } from "vitest";
import type { AnswerEvent, AskOptions, FinishedAnswer } from "./api.ts";
import { Outline } from "./outline.ts";
import {
  composed,
  isVetoed,
  outlineMessages,
  pointMessages,
  pointsOf,
  routeOf,
  routerMessages,
} from "./outline-text.ts";

const titles = (said: string) => pointsOf(said)?.map(({ title }) => title) ?? null;

describe("points are read out of what a model says", () => {
  it.each([
    [" Eat well\n2. Sleep enough\n3. Move daily", ["Eat well", "Sleep enough", "Move daily"]],
    [" **Eat well**: vegetables\n2. **Sleep** - eight hours", ["Eat well", "Sleep"]],
    [" Eat well.\n\n2) Sleep:\n\n2) Sleep again\n", ["Eat well", "Sleep"]],
    ["\n- Eat well\n- Sleep\n* Move", ["Eat well", "Sleep", "Move"]],
    [" Eat well\n2. Eat well\n3. Sleep", ["Eat well", "Sleep"]],
    [" Eat\nand some talk in between\n2. Sleep\nThat is all.", ["Eat", "Sleep"]],
  ])("%j", (said, expected) => expect(titles(said)).toEqual(expected));

  it("one point, talk, or nothing is no outline; a long one is cut", () => {
    for (const said of ["", " Eat well", "\nI would say that it depends."]) expect(titles(said)).toBeNull();
    const many = Array.from({ length: 30 }, (_, i) => `${i + 1}. Point ${i + 1}`).join("\n");
    expect(titles(many.slice(2))).toHaveLength(8);
    expect(titles(` ${"long ".repeat(60)}\n2. b`)?.[0]?.length).toBeLessThan(90);
  });
});

it("questions for code, numbers or one short answer spare the router", () => {
  for (const question of [
    "What is the capital of France?",
    "Write a Python function that sorts a list.",
    "How many apples are 3 + 4?",
    "Is water wet?",
    "Translate this into French: good morning",
    "x".repeat(500),
  ])
    expect([question, isVetoed(question)]).toEqual([question, true]);
  for (const question of ["How can I sleep better?", "What are the most effective ways to deal with stress?"])
    expect([question, isVetoed(question)]).toEqual([question, false]);
  expect([routeOf(" A"), routeOf("B."), routeOf("The answer is C"), routeOf("Apple")]).toEqual(["A", "B", "C", null]);
});

const joined = (messages: readonly ChatMessage[]) =>
  messages.map(({ role, content }) => `<${role}>${content}`).join("");

/** A model that says what it is told to; parts end when the test says so. */
function ask(outline: AskOptions["outline"], question: string, says: (part: string) => string, render = joined) {
  const events: AnswerEvent[] = [];
  const asked: {
    name: string;
    text: string;
    beside: string | undefined;
    finish: () => void;
    token: (text: string) => void;
  }[] = [];
  const closed: string[] = [];
  const stopped: string[] = [];
  let nowMs = 5;
  const options: AskOptions = {
    id: "a",
    conversation: "talk",
    prompt: { kind: "chat", messages: [{ role: "user", content: question }] },
    maxTokens: 100,
    policy: GREEDY,
    stop: [],
    ...(outline === undefined ? {} : { outline }),
  };
  const run = Outline.tryStart(options, {
    ask: ({ id, prompt, beside }, tell) => {
      const name = id === "a" ? "plain" : id.slice(2);
      const text = prompt.kind === "text" ? prompt.text : "";
      const timings = { promptTokens: 9, reusedTokens: 0, prefillMs: 1, timeToFirstTokenMs: 1, decodeMs: 1, laps: 3 };
      const finished: FinishedAnswer = {
        kind: "finished",
        id,
        finish: "stop",
        reason: null,
        ids: [1],
        output: [2, 3],
        text: says(name),
        timings,
      };
      const isStopped = () => stopped.includes(id);
      asked.push({
        name,
        text,
        beside,
        finish: () => tell({ ...finished, finish: isStopped() ? "cancelled" : "stop" }),
        token: (more) => tell({ kind: "token", id, token: 7, chosen: 7, margin: 1, logProb: 0, text: more }),
      });
    },
    stop: (id) => stopped.push(id),
    close: (conversation) => closed.push(conversation),
    render,
    emit: (event) => events.push(event),
    nowMs: () => nowMs++,
  });
  const part = async (name: string) => {
    await Promise.resolve();
    const found = asked.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`${name} was not asked; ${asked.map((a) => a.name).join(", ")} were`);
    return found;
  };
  return { run, events, asked, closed, stopped, part };
}

const OUTLINE = " Eat well\n2. Sleep\n";
const says = (name: string) =>
  ({ router: "A", outline: OUTLINE, "1": "Vegetables.", "2": "Eight hours." })[name] ?? "plain text";

it("router, outline, then all points at once: one ordered answer, whichever point ends first", async () => {
  const { part, asked, events, closed } = ask("auto", "How can I live better?", says);
  (await part("router")).finish();
  (await part("outline")).finish();
  const [one, two] = [await part("1"), await part("2")];
  two.token("Eight");
  one.token("Vege");
  expect(events.at(-1)).toEqual({ kind: "points", id: "a", text: "1. **Eat well**: Vege\n2. **Sleep**: Eight" });
  two.finish();
  one.finish();
  await Promise.resolve();
  expect(events.at(-1)).toMatchObject({
    kind: "finished",
    id: "a",
    finish: "stop",
    text: "1. **Eat well**: Vegetables.\n2. **Sleep**: Eight hours.",
    output: [2, 3, 2, 3],
    branches: [{ number: 1, title: "Eat well" }, { number: 2 }],
  });
  expect(asked.map(({ name }) => name)).toEqual(["router", "outline", "1", "2"]);
  expect(events.at(-1)).toMatchObject({ steps: [{ name: "router" }, { name: "outline" }] });
  expect(closed).toEqual(["a/outline"]);
});

it("points share all of their prompt but its end, and go on from the outline; router and outline share the dialogue and the question", () => {
  const dialogue: readonly ChatMessage[] = [
    { role: "user", content: "Hello" },
    { role: "assistant", content: "Hi" },
    { role: "user", content: "Q?" },
  ];
  const text = (messages: readonly ChatMessage[]) => messages.map(({ content }) => content).join("|");
  const shared = (one: string, two: string) => {
    let i = 0;
    while (i < one.length && one[i] === two[i]) i++;
    return one.slice(0, i);
  };
  const points = pointsOf(OUTLINE) ?? [];
  const [one = "", two = ""] = points.map((point) => text(pointMessages(dialogue, OUTLINE, point)));
  expect(one.slice(shared(one, two).length)).toBe("1");
  const outline = text(outlineMessages(dialogue));
  expect(one.startsWith(`${outline}|1.${OUTLINE}|`)).toBe(true);
  expect(shared(outline, text(routerMessages(dialogue)))).toBe("Hello|Hi|Question: Q?\n\n");
  expect(composed(points, ["", " b "])).toBe("1. **Eat well**\n2. **Sleep**: b");
});

it.each([
  ["the router sees no list", "auto", { router: "C" }, ["router", "outline", "plain"], "not-fit"],
  ["there is no outline", "on", { outline: " I cannot" }, ["outline", "plain"], "no-outline"],
] as const satisfies [string, AskOptions["outline"], Record<string, string>, string[], string][])(
  "where %s, the plain answer comes, and says why and how long that took",
  async (_, outline, answers, names, why) => {
    const { part, asked, events } = ask(
      outline,
      "How can I live better?",
      (name) => new Map(Object.entries(answers)).get(name) ?? "plain text",
    );
    (await part(names[0])).finish();
    (await part("plain")).finish();
    expect(asked.map(({ name }) => name)).toEqual(names);
    // Of the plain answer 1, and 2 of the attempt.
    const timings = { timeToFirstTokenMs: 3 };
    expect(events).toMatchObject([
      { kind: "finished", id: "a", text: "plain text", timings, setAside: { why, ms: 2 }, steps: [{ name: names[0] }] },
    ]);
  },
);

it("the router is stopped at its letter; the outline that was begun beside it waits, or is called back with its conversation", async () => {
  const list = ask("auto", "How can I live better?", says);
  (await list.part("outline")).finish();
  await Promise.resolve();
  expect(list.asked.map(({ name }) => name)).toEqual(["router", "outline"]);
  const router = await list.part("router");
  router.token("A");
  await Promise.resolve();
  expect(list.stopped).toEqual(["a/router"]);
  router.finish();
  await list.part("1");
  const other = ask("auto", "How can I live better?", (name) => (name === "router" ? "B" : says(name)));
  (await other.part("router")).finish();
  await other.part("plain");
  expect(other.closed).toEqual(["a/outline"]);
  (await other.part("outline")).finish();
  (await other.part("plain")).finish();
  await Promise.resolve();
  expect(other.asked.map(({ name }) => name)).toEqual(["router", "outline", "plain"]);
  expect(other.events.filter(({ kind }) => kind === "finished")).toMatchObject([{ text: "plain text" }]);
});

it("off, or vetoed: nothing is asked here", () => {
  expect(ask("off", "How can I live better?", says).run).toBeNull();
  expect(ask(undefined, "How can I live better?", says).run).toBeNull();
  expect(ask("auto", "What is the capital of France?", says).run).toBeNull();
});

it("stopped at any time it ends once, with what there is", async () => {
  const early = ask("auto", "How can I live better?", says);
  early.run?.stop();
  (await early.part("router")).finish();
  await Promise.resolve();
  expect(early.events).toMatchObject([{ kind: "finished", finish: "cancelled", text: "" }]);
  const late = ask("on", "How can I live better?", says);
  (await late.part("outline")).finish();
  const [one, two] = [await late.part("1"), await late.part("2")];
  late.run?.stop();
  expect(late.stopped).toEqual(["a/1", "a/2"]);
  one.finish();
  two.finish();
  await Promise.resolve();
  expect(late.events.filter(({ kind }) => kind === "finished")).toMatchObject([{ finish: "cancelled" }]);
});

it("where the template refuses what the outline says, nothing has begun", () => {
  const rendered: string[] = [];
  const refuse = (messages: readonly ChatMessage[]) => {
    rendered.push(joined(messages));
    if (rendered.length === 2) throw new Error("Roles must alternate.");
    return joined(messages);
  };
  const asked: string[] = [];
  const says = (part: string) => (asked.push(part), "");
  expect(() => ask("auto", "What are the most effective ways to deal with stress?", says, refuse)).toThrow("Roles");
  expect([rendered.length, asked]).toEqual([2, []]);
});
