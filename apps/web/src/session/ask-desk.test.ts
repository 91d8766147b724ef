/** The rules by their numbers in `ask-desk.ts`; the engine is a list of what it was told. */
import { PeerId, type AskEnd, type HostMessage } from "@jupiter/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { AnswerEvent, AskOptions } from "../engine/api.ts";
import { AskDesk } from "./ask-desk.ts";
import { ASK_EACH, type AskRules } from "./ask-rules.ts";

const PEERS = ["anna0000", "ben00000", "chloe000"].map((id) => PeerId.parse(id)) as [PeerId, PeerId, PeerId];
const [anna, ben, chloe] = PEERS;
const ALL: AskRules = { all: "all", own: [] };
const NO_TIMINGS = { promptTokens: 1, reusedTokens: 0, prefillMs: 1, timeToFirstTokenMs: 1, decodeMs: 1, laps: 1 };

function opened(rules = ALL, arenas: number | null = 2) {
  const told: { readonly peer: PeerId; readonly message: HostMessage }[] = [];
  const asked: AskOptions[] = [];
  /** Requests that the engine works on. */
  const open = new Set<string>();
  const closed: string[] = [];
  const away = new Set<PeerId>();
  const clock = { nowMs: 0 };
  let ids = 0;
  const desk = new AskDesk(
    {
      tell: (peer, message) => told.push({ peer, message }),
      serves: (peer) => !away.has(peer),
      ask: (options) => {
        asked.push(options);
        open.add(options.id);
      },
      stopAnswer: (id) => open.delete(id),
      closeConversation: (id) => closed.push(id),
      newId: () => `n${ids++}`,
      nowMs: () => clock.nowMs,
    },
    rules,
  );
  for (const peer of PEERS) desk.greet(peer);
  if (arenas !== null) desk.ringReady(arenas);
  return {
    ...{ desk, told, asked, open, closed, away, clock },
    ask: (peer: PeerId, id: number, question = `${peer} ${id}`, conversation = 0) =>
      desk.receive(peer, { type: "ask", id, question, conversation }),
    /** What became of a question; undefined: it has not ended. */
    ends: (peer: PeerId, theirs: number): AskEnd[] =>
      told.flatMap(({ peer: to, message }) =>
        to === peer && message.type === "ask-ended" && message.id === theirs ? [message.end] : [],
      ),
    textOf: (peer: PeerId, theirs: number) =>
      told
        .flatMap(({ peer: to, message }) =>
          to === peer && message.type === "ask-text" && message.id === theirs ? [message.text] : [],
        )
        .join(""),
    /** How many it was told are before it, in the order it was told. */
    waits: (peer: PeerId, theirs: number) =>
      told.flatMap(({ peer: to, message }) =>
        to === peer && message.type === "ask-waits" && message.id === theirs ? [message.before] : [],
      ),
    token: (id: string, text: string) =>
      desk.take({ kind: "token", id, token: 1, chosen: 1, margin: 1, logProb: 0, text }),
    finish: (id: string, text: string, finish: Extract<AnswerEvent, { kind: "finished" }>["finish"] = "stop") => {
      open.delete(id);
      const reason = finish === "failed" ? "The conversation is too long." : null;
      desk.take({ kind: "finished", id, finish, reason, ids: [1], output: [1, 2], text, timings: NO_TIMINGS });
    },
  };
}

it("a person at the host is asked, and the answer streams to the asker", () => {
  const { desk, ask, asked, told, token, finish, textOf, ends, waits } = opened(ASK_EACH);
  expect(told).toEqual(PEERS.map((peer) => ({ peer, message: { type: "ask-rule", rule: "each" } })));
  ask(anna, 0, "  What is a ring?  ");
  expect(asked).toEqual([]);
  expect(waits(anna, 0)).toEqual([null]);
  const { id } = desk.asks.value[0]!;
  desk.admit(id);
  expect(waits(anna, 0)).toEqual([null, 0]);
  expect(asked[0]).toMatchObject({
    prompt: { kind: "chat", messages: [{ role: "user", content: "What is a ring?" }] },
    policy: { temperature: 0 },
    maxTokens: 512,
  });
  token(id, "A **ring**");
  token(id, "");
  token(id, " of");
  finish(id, "A **ring** of devices.");
  expect(textOf(anna, 0)).toBe("A **ring** of devices.");
  expect(ends(anna, 0)).toEqual([{ kind: "complete", tokens: 2 }]);
  expect(desk.asks.value.map(({ turn, place }) => [turn.answer, turn.state.kind, place.kind])).toEqual([
    ["A **ring** of devices.", "complete", "ended"],
  ]);
  // 1: nothing after its end.
  token(id, "more");
  finish(id, "more");
  expect(ends(anna, 0)).toHaveLength(1);
});

it("a dialogue goes on, and a new one knows nothing of it", () => {
  const { ask, asked, finish, closed } = opened();
  ask(anna, 0, "one");
  finish(asked[0]!.id, "first");
  ask(anna, 1, "two");
  expect(asked[1]).toMatchObject({ conversation: asked[0]!.conversation });
  expect(asked[1]!.prompt).toEqual({
    kind: "chat",
    messages: [
      { role: "user", content: "one" },
      { role: "assistant", content: "first" },
      { role: "user", content: "two" },
    ],
  });
  finish(asked[1]!.id, "");
  // Stopped before it was begun, and yet the next belongs to the new dialogue.
  ask(anna, 2, "three", 1);
  expect(asked[2]!.prompt).toEqual({ kind: "chat", messages: [{ role: "user", content: "three" }] });
  expect(closed).toEqual([asked[0]!.conversation]);
});

it("a person says no; the host takes none, of anybody or of one device; a device that serves in no ring", () => {
  const { desk, ask, asked, ends, away, open } = opened(ASK_EACH);
  ask(anna, 0);
  desk.refuse(desk.asks.value[0]!.id);
  expect(ends(anna, 0)).toEqual([{ kind: "refused", why: "refused" }]);
  expect(desk.asks.value).toEqual([]);
  desk.setRule(anna, "all");
  ask(anna, 1);
  expect(asked).toHaveLength(1);
  // What is under way ends with the permission.
  desk.setRule(anna, "none");
  expect(ends(anna, 1)).toEqual([{ kind: "refused", why: "none" }]);
  expect(open.size).toBe(0);
  ask(anna, 2);
  expect(ends(anna, 2)).toEqual([{ kind: "refused", why: "none" }]);
  // What waited for a person is answered once all are.
  ask(ben, 0);
  desk.setRuleForAll("all");
  expect(asked).toHaveLength(2);
  desk.setRuleForAll("none");
  expect(ends(ben, 0)).toEqual([{ kind: "refused", why: "none" }]);
  away.add(chloe);
  desk.setRule(chloe, "all");
  ask(chloe, 0);
  expect(ends(chloe, 0)).toEqual([{ kind: "refused", why: "not-serving" }]);
});

it("what was decided about a device holds when it comes back under another id", () => {
  const { desk, ask, ends } = opened();
  const again = PeerId.parse("anna1111");
  desk.setRule(anna, "none");
  desk.left(anna);
  desk.returned(anna, again);
  desk.greet(again);
  ask(again, 0);
  expect(ends(again, 0)).toEqual([{ kind: "refused", why: "none" }]);
});

it("questions beyond the memory's number wait, know how many are before them, and go in the order they came", () => {
  const { ask, asked, finish, waits } = opened(ALL, 2);
  for (const peer of PEERS) ask(peer, 0);
  expect(asked).toHaveLength(1);
  expect([waits(anna, 0), waits(ben, 0), waits(chloe, 0)]).toEqual([[0], [1], [2]]);
  finish(asked[0]!.id, "yes");
  expect([waits(ben, 0), waits(chloe, 0)]).toEqual([
    [1, 0],
    [2, 1],
  ]);
  finish(asked[1]!.id, "yes");
  expect(asked.map(({ prompt }) => prompt)).toMatchObject(
    PEERS.map((peer) => ({ messages: [{ role: "user", content: `${peer} 0` }] })),
  );
  // With room for more they run side by side.
  const roomy = opened(ALL, 4);
  for (const peer of PEERS) roomy.ask(peer, 0);
  expect(roomy.asked).toHaveLength(3);
});

it("devices' dialogues keep at most as many caches as are theirs: the longest unused goes first", () => {
  const { ask, asked, finish, closed } = opened(ALL, 3);
  for (const peer of PEERS) {
    ask(peer, 0);
    finish(asked.at(-1).id, "yes");
  }
  expect(closed).toEqual([asked[0]!.conversation]);
  ask(anna, 1);
  expect(closed).toEqual([asked[0]!.conversation, asked[1]!.conversation]);
});

it("stop, by the asker and by the host, while it waits and while it is written", () => {
  const { desk, ask, asked, open, ends, token } = opened();
  ask(anna, 0);
  ask(ben, 0);
  token(asked[0]!.id, "Once");
  desk.stopTheirs(anna, 0);
  expect(ends(anna, 0)).toEqual([{ kind: "stopped", by: "asker" }]);
  expect([...open]).toEqual([asked[1]!.id]);
  ask(chloe, 0);
  desk.stopTheirs(chloe, 0);
  expect(ends(chloe, 0)).toEqual([{ kind: "stopped", by: "asker" }]);
  desk.stop(asked[1]!.id);
  expect(ends(ben, 0)).toEqual([{ kind: "stopped", by: "host" }]);
  expect(open.size).toBe(0);
  // What has ended cannot be stopped, whoever tries.
  desk.stopTheirs(ben, 0);
  desk.stop(asked[1]!.id);
  expect(ends(ben, 0)).toHaveLength(1);
});

it("a flood is refused with reasons, one question of it is answered, and later the device can ask again", () => {
  const { ask, asked, ends, clock, finish } = opened();
  for (let i = 0; i < 1000; i++) ask(anna, i);
  expect(asked).toHaveLength(1);
  const whys = Array.from({ length: 1000 }, (_, i) => ends(anna, i)[0]).flatMap((end) =>
    end?.kind === "refused" ? [end.why] : [],
  );
  expect(whys.filter((why) => why === "busy")).toHaveLength(9);
  expect(whys.filter((why) => why === "too-often")).toHaveLength(988);
  for (let i = 0; i < 3; i++) finish(asked[i]!.id, "yes");
  clock.nowMs += 6000;
  ask(anna, 1000);
  expect(asked).toHaveLength(4);
  ask(ben, 0);
  finish(asked[3]!.id, "yes");
  expect(asked.at(-1).prompt).toMatchObject({ messages: [{ content: `${ben} 0` }] });
});

it("the ring ends: whoever asked reads why; while layers move only what was being written ends", () => {
  const { desk, ask, asked, ends, finish } = opened();
  ask(anna, 0);
  ask(ben, 0);
  desk.ringMoves("Layers move.");
  expect(ends(anna, 0)).toEqual([{ kind: "failed", message: "Layers move." }]);
  expect(ends(ben, 0)).toEqual([]);
  desk.ringReady(2);
  expect(asked).toHaveLength(2);
  desk.ringLost("A device left.");
  expect(ends(ben, 0)).toEqual([{ kind: "failed", message: "A device left." }]);
  ask(anna, 1);
  desk.ringReady(2);
  finish(asked[2]!.id, "", "failed");
  expect(ends(anna, 1)).toEqual([{ kind: "failed", message: "The conversation is too long." }]);
});

it("whatever devices send and people decide, the numbered rules hold", () => {
  const peer = fc.constantFrom(...PEERS);
  const action = fc.oneof(
    fc.record({ do: fc.constant("ask" as const), peer, id: fc.nat(30), conversation: fc.nat(1) }),
    fc.record({ do: fc.constant("stop-theirs" as const), peer, id: fc.nat(30) }),
    fc.record({ do: fc.constantFrom("admit" as const, "refuse", "stop", "token", "finish"), which: fc.nat(5) }),
    fc.record({ do: fc.constant("rule" as const), peer, rule: fc.constantFrom("each", "all", "none", null) }),
    fc.record({ do: fc.constant("rule-for-all" as const), rule: fc.constantFrom("each", "all", "none") }),
    fc.record({ do: fc.constantFrom("leave" as const, "greet"), peer }),
    fc.record({ do: fc.constantFrom("ready" as const, "moves", "lost"), arenas: fc.integer({ min: 1, max: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const room = opened(ALL, 2);
      const { desk, open, asked, told, closed, clock } = room;
      let seats: number | null = 1;
      /** Per device: its link's questions and ends. */
      const sent = new Map<PeerId, number>(PEERS.map((each) => [each, 0]));
      for (const a of actions) {
        clock.nowMs += 2000;
        const [before, openBefore] = [told.length, open.size];
        switch (a.do) {
          case "ask":
            sent.set(a.peer, sent.get(a.peer)! + 1);
            room.ask(a.peer, a.id, "q", a.conversation);
            break;
          case "stop-theirs":
            desk.stopTheirs(a.peer, a.id);
            break;
          case "admit":
          case "refuse":
          case "stop": {
            const ask = desk.asks.value[a.which];
            if (ask !== undefined) desk[a.do](ask.id);
            break;
          }
          case "token":
          case "finish": {
            const id = [...open][a.which];
            if (id !== undefined) room[a.do](id, "x");
            break;
          }
          case "rule":
            desk.setRule(a.peer, a.rule);
            break;
          case "rule-for-all":
            desk.setRuleForAll(a.rule);
            break;
          case "leave":
            desk.left(a.peer);
            // 5
            expect(told.slice(before).filter(({ peer: to }) => to === a.peer)).toEqual([]);
            break;
          case "greet":
            desk.greet(a.peer);
            break;
          case "ready":
            seats = Math.max(1, a.arenas - 1);
            desk.ringReady(a.arenas);
            break;
          case "moves":
          case "lost":
            seats = null;
            if (a.do === "moves") desk.ringMoves("It ended.");
            else desk.ringLost("It ended.");
            break;
          default:
            a satisfies never;
        }
        // 2 and 3; with fewer places than before, what runs runs on.
        const places = desk.asks.value.filter(({ place }) => place.kind === "open");
        expect([...open].sort()).toEqual(places.map(({ id }) => id).sort());
        if (open.size > openBefore) expect(open.size).toBeLessThanOrEqual(seats ?? 0);
        expect(new Set(places.map(({ peer: by }) => by)).size).toBe(places.length);
        for (const each of PEERS)
          expect(
            desk.asks.value.filter(({ peer: by, place }) => by === each && place.kind !== "ended").length,
          ).toBeLessThanOrEqual(3);
        expect(desk.asks.value.length).toBeLessThanOrEqual(20 + 9);
        // 4: nothing waits that could go.
        if (seats !== null && open.size < seats)
          for (const { place, peer: by } of desk.asks.value)
            if (place.kind === "waiting") expect(places.some((each) => each.peer === by)).toBe(true);
      }
      // 1
      for (const each of PEERS) {
        const ends = told.filter(({ peer: to, message }) => to === each && message.type === "ask-ended").length;
        const still = desk.asks.value.filter(({ peer: by, place }) => by === each && place.kind !== "ended").length;
        expect(ends + still).toBeLessThanOrEqual(sent.get(each)!);
      }
      expect(new Set(asked.map(({ id }) => id)).size).toBe(asked.length);
      expect(closed.length).toBeLessThanOrEqual(asked.length);
    }),
    { seed: 20261125, numRuns: 500 },
  );
});
