/** Several people at one ring: who waits for whom, in tokens and questions, never in milliseconds. */
import { describe, expect, it } from "vitest";
import { decodingOf } from "./decoding.ts";
import { mix, toyAnswer, ToyDrafter, ToyRing, V } from "./toy-ring.ts";

const prompt = (length: number, salt = 0) => Array.from({ length }, (_, i) => mix(i, salt) % V);
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);
const LONG = { maxTokens: 120, stopIds: [] };

/** Tokens that each of `ids` gets until `until` holds. */
function gained(ring: ToyRing, ids: readonly string[], until: () => boolean): number[] {
  const written = (id: string) => ring.answers.get(id)!.tokens.length;
  const before = ids.map(written);
  while (!until()) if (!ring.step()) throw new Error("the ring came to rest before that");
  return ids.map((id, i) => written(id) - before[i]!);
}

describe("first tokens of waiting people come before long answers go on", () => {
  it.each([1, 2, 4])(
    "a short question in a ring of %i with three long answers waits for one token of each",
    (stages) => {
      for (const seed of SEEDS) {
        const ring = new ToyRing(stages, seed, { arenas: 5, capacity: 300 });
        const long = ["a", "b", "c"];
        long.forEach((id, i) => ring.ask(id, prompt(9, i), { ...LONG, conversation: id }));
        gained(ring, [], () => long.every((id) => ring.answers.get(id)!.tokens.length > 5));
        ring.ask("short", prompt(4, 7), { conversation: "short" });
        // What was on its way when it came is before it, and what follows that is behind it.
        for (const tokens of gained(ring, long, () => ring.answers.get("short")!.tokens.length > 0))
          expect(tokens).toBeLessThanOrEqual(1);
        ring.run();
        expect(ring.answers.get("short")!.tokens).toEqual(toyAnswer(stages, prompt(4, 7), 12));
      }
    },
  );

  it("guesses of long answers do not keep it waiting for more", () => {
    for (const seed of SEEDS) {
      const stages = 3;
      const drafters = [new ToyDrafter(stages, { acceptance: 0.9, seed })];
      const decoding = decodingOf({ strategy: "continuous", drafters: ["toy"] }, stages);
      const ring = new ToyRing(stages, seed, { arenas: 5, capacity: 300, drafters, decoding });
      const long = ["a", "b", "c"];
      long.forEach((id, i) => ring.ask(id, prompt(9, i), { ...LONG, conversation: id }));
      gained(ring, [], () => long.every((id) => ring.answers.get(id)!.tokens.length > 5));
      ring.ask("short", prompt(4, 7), { conversation: "short" });
      // Of each at most the rows that were on their way already.
      const most = decoding.windows * decoding.rows;
      for (const tokens of gained(ring, long, () => ring.answers.get("short")!.tokens.length > 0))
        expect(tokens).toBeLessThanOrEqual(most);
    }
  });

  it("a short question overtakes a long one that is being read", () => {
    for (const seed of SEEDS) {
      const ring = new ToyRing(3, seed, { arenas: 3, capacity: 500 });
      ring.ask("long", prompt(400, 1), { conversation: "long" });
      for (let i = 0; i < 30; i++) ring.step();
      ring.ask("short", prompt(8, 2), { conversation: "short" });
      gained(ring, [], () => ring.answers.get("short")!.finish !== null);
      expect(ring.answers.get("long")!.tokens).toEqual([]);
      ring.run();
      expect(ring.answers.get("long")!.tokens).toEqual(toyAnswer(3, prompt(400, 1), 12));
    }
  });
});

describe("nobody starves", () => {
  it("an answer goes on while others' prompts are read: between two of its tokens lie at most the chunks that may be on their way", () => {
    for (const seed of SEEDS) {
      const [stages, maxInFlight, readers] = [3, 3, ["x", "y"]];
      const ring = new ToyRing(stages, seed, { arenas: 3, capacity: 500, maxInFlight });
      ring.ask("mine", prompt(5), { ...LONG, conversation: "mine" });
      gained(ring, [], () => ring.answers.get("mine")!.tokens.length > 3);
      readers.forEach((id, i) => ring.ask(id, prompt(400, i), { conversation: id }));
      for (let token = 0; token < 8; token++) {
        const written = ring.answers.get("mine")!.tokens.length;
        const framesBefore = ring.stages[0]!.forwards;
        gained(ring, [], () => ring.answers.get("mine")!.tokens.length > written);
        // Those before its row, and those sent while it is under way.
        expect(ring.stages[0]!.forwards - framesBefore).toBeLessThanOrEqual(1 + 2 * readers.length * maxInFlight);
      }
      expect(readers.every((id) => ring.answers.get(id)!.tokens.length === 0)).toBe(true);
    }
  });

  it("long answers side by side never part by more than two tokens", () => {
    for (const seed of SEEDS) {
      const ring = new ToyRing(2, seed, { arenas: 4, capacity: 300 });
      const ids = ["a", "b", "c", "d"];
      ids.forEach((id, i) => ring.ask(id, prompt(9, i), { ...LONG, conversation: id }));
      gained(ring, [], () => ids.every((id) => ring.answers.get(id)!.tokens.length > 0));
      const begun = ids.map((id) => ring.answers.get(id)!.tokens.length);
      while (ids.every((id) => ring.answers.get(id)!.finish === null) && ring.step()) {
        const since = ids.map((id, i) => ring.answers.get(id)!.tokens.length - begun[i]!);
        expect(Math.max(...since) - Math.min(...since)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("people who ask again at once, more than there are arenas: each waits for those alone that asked before", () => {
    for (const seed of SEEDS) {
      const ring = new ToyRing(2, seed, { arenas: 2 });
      const people = ["a", "b", "c", "d", "e"];
      const asked: string[] = [];
      const begun: string[] = [];
      const ask = (person: string) => {
        const id = `${person}${asked.length}`;
        asked.push(id);
        ring.ask(id, prompt(6, asked.length), { conversation: person, maxTokens: 4, stopIds: [] });
      };
      const ended = new Set<string>();
      const look = () => {
        for (const id of [...asked]) {
          const { tokens, finish } = ring.answers.get(id)!;
          if (tokens.length > 0 && !begun.includes(id)) begun.push(id);
          if (finish === null || ended.has(id)) continue;
          ended.add(id);
          if (asked.length < 30) ask(id[0]!);
        }
      };
      for (const person of people) ask(person);
      while (ring.step()) look();
      look();
      expect(ended.size).toBe(30);
      // Two at a time: a question is never begun more than one place from where it stood in the line.
      begun.forEach((id, place) => expect(Math.abs(asked.indexOf(id) - place)).toBeLessThanOrEqual(1));
    }
  });
});
