import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodingOf, PLAIN, type Decoding } from "./decoding.ts";
import type { Drafter } from "./drafter.ts";
import { LookupDrafter } from "./lookup-drafter.ts";
import { mix, SHARES, toyAnswer, ToyDrafter, ToyRing, V } from "./toy-ring.ts";

const prompt = (length: number, salt = 0, vocabulary = V) =>
  Array.from({ length }, (_, i) => mix(i, salt) % vocabulary);

function oneAnswer(stages: number, decoding: Decoding, drafter: Drafter, tokens = 60) {
  const ring = new ToyRing(stages, 7, { decoding, drafters: [drafter] });
  ring.ask("a", prompt(10), { maxTokens: tokens, stopIds: [] });
  ring.run();
  const answer = ring.answers.get("a");
  expect(answer?.tokens).toEqual(toyAnswer(stages, prompt(10), tokens, { eos: -1 }));
  const { laps = 0, counts } = answer?.timings ?? {};
  if (counts === undefined) throw new Error("an answer that ran has counts");
  return { laps, counts, ring };
}

const toyNames = ["toy"];

describe("drafts", () => {
  it("that hold save laps: one window, and several on their way at once", () => {
    const drafter = () => new ToyDrafter(3, { acceptance: 1, seed: 1 });
    const plain = oneAnswer(3, decodingOf({ strategy: "plain", drafters: toyNames }, 3), drafter());
    expect(plain).toMatchObject({ laps: 60, counts: { rows: 69, drafted: 0, accepted: 0 } });
    const window = oneAnswer(3, decodingOf({ strategy: "window", drafters: toyNames, rows: 4 }, 3), drafter());
    // Four a lap, after the prompt's.
    expect(window.laps).toBe(1 + Math.ceil(59 / 4));
    const continuous = oneAnswer(3, decodingOf({ strategy: "continuous", drafters: toyNames, rows: 4 }, 3), drafter());
    expect(continuous.laps).toBeLessThan(window.laps / 2);
    expect(continuous.ring.maxInFlightSeen).toBeGreaterThan(2);
  });

  it("of which a fifth holds are watched, not sent: a bad drafter costs at most one part in twenty", () => {
    for (const strategy of ["window", "continuous"] as const) {
      for (const claim of [0.5, 0.9, 1]) {
        const drafter = new ToyDrafter(2, { acceptance: 0.2, seed: 3, claim });
        const { counts, ring } = oneAnswer(2, decodingOf({ strategy, drafters: toyNames }, 2), drafter, 160);
        const { forwards = 0, rows = 0 } = ring.stages[0] ?? {};
        // By the ring's default, each further row costs a third of a frame's first. Without drafts: 3 frames of prompt, 159 of answer.
        expect(forwards + (rows - forwards) / 3).toBeLessThan(1.05 * (159 + 3 + 7 / 3));
        expect(counts.drafters[0]?.drafted).toBeGreaterThan(100);
      }
    }
  });

  it.each([
    ["a good one", false],
    ["a good one that takes its time", true],
  ])("of a bad drafter beside %s are left out of their tree, and each is counted by itself", (_, slow) => {
    const good = () => new ToyDrafter(3, { acceptance: 0.9, seed: 1, name: "good", slow });
    const bad = () => new ToyDrafter(3, { acceptance: 0.1, seed: 2, name: "bad", claim: 0.9 });
    const run = (...drafters: Drafter[]) => {
      const decoding = decodingOf({ strategy: "continuous", drafters: drafters.map(({ name }) => name) }, 3);
      const ring = new ToyRing(3, 7, { decoding, drafters });
      ring.ask("a", prompt(10), { maxTokens: 160, stopIds: [] });
      ring.run();
      expect(ring.answers.get("a")?.tokens).toEqual(toyAnswer(3, prompt(10), 160, { eos: -1 }));
      const { laps = NaN, counts } = ring.answers.get("a")?.timings ?? {};
      const of = (drafter: string) => counts?.drafters.find(({ name }) => name === drafter);
      return { laps, of, rows: ring.stages[0]?.rows ?? NaN };
    };
    const alone = run(good());
    const both = run(good(), bad());
    expect(both.laps).toBeLessThan(1.1 * alone.laps);
    expect(both.rows).toBeLessThan(1.15 * alone.rows);
    const [held, refuted] = [both.of("good"), both.of("bad")];
    // It is asked at several places, of which one is on the text's way.
    expect(held?.accepted).toBeGreaterThan(0.6 * (held?.sent ?? NaN));
    // Where the bad one is right, the good one mostly says the same.
    expect(refuted?.drafted).toBeGreaterThan(50);
    expect(refuted?.sent).toBeLessThan(0.4 * (refuted?.drafted ?? NaN));
  });

  it("of one drafter are no places to ask another about that takes its time, and its own are", () => {
    const good = new ToyDrafter(3, { acceptance: 0.9, seed: 1, name: "good", slow: true });
    const bad = new ToyDrafter(3, { acceptance: 0.1, seed: 2, name: "bad", claim: 0.9 });
    const own = new Set<string>();
    const asked: string[] = [];
    const extend = good.extend.bind(good);
    good.extend = (views, budget) => {
      const texts = views.map(({ certain, drafted }) => [...certain, ...drafted]);
      asked.push(...texts.filter((_, i) => views[i]?.drafted.length !== 0).map(String));
      const drafts = extend(views, budget);
      const paths: (readonly number[])[] = [];
      for (const { view, after, token } of drafts) paths.push([...(paths[after] ?? texts[view] ?? []), token]);
      for (const path of paths) own.add(path.join());
      return drafts;
    };
    const decoding = decodingOf({ strategy: "continuous", drafters: ["bad", "good"] }, 3);
    const ring = new ToyRing(3, 7, { decoding, drafters: [bad, good] });
    ring.ask("a", prompt(10), { maxTokens: 160, stopIds: [] });
    ring.run();
    expect(asked.length).toBeGreaterThan(50);
    expect(asked.filter((path) => !own.has(path))).toEqual([]);
  });

  it("of a drafter that got good are sent again", () => {
    const bad = new ToyDrafter(2, { acceptance: 0, seed: 3, claim: 0.9 });
    const good = new ToyDrafter(2, { acceptance: 1, seed: 3, claim: 0.9 });
    let asked = 0;
    const drafter: Drafter = {
      name: "toy",
      extend: (views, budget) => (asked++ < 60 ? bad : good).extend(views, budget),
      forget: () => undefined,
    };
    const { counts } = oneAnswer(2, decodingOf({ strategy: "window", drafters: toyNames }, 2), drafter, 180);
    expect(counts.accepted).toBeGreaterThan(40);
  });

  it("of a drafter that takes more time than they save are asked for seldom, however right they are", () => {
    const questions = (takesMs: number, asksAlways = false) => {
      const toy = new ToyDrafter(2, { acceptance: 1, seed: 1 });
      let asked = 0;
      const drafter: Drafter = {
        name: "model",
        isCostly: true,
        extend(views, budget) {
          asked++;
          ring.nowMs += takesMs;
          return toy.extend(views, budget);
        },
        forget: (branch) => toy.forget(branch),
      };
      const decoding = decodingOf({ strategy: "window", drafters: ["model"], rows: 2, asksAlways }, 2);
      const ring = new ToyRing(2, 7, { decoding, drafters: [drafter] });
      ring.ask("a", prompt(10), { maxTokens: 180, stopIds: [] });
      ring.run();
      expect(ring.answers.get("a")?.tokens).toEqual(toyAnswer(2, prompt(10), 180, { eos: -1 }));
      return asked;
    };
    expect(questions(0)).toBeGreaterThan(60);
    expect(questions(200)).toBeLessThan(40);
    expect(questions(200, true)).toBeGreaterThan(60);
  });

  it("on their way are cancelled once they are refuted", () => {
    const drafter = new ToyDrafter(4, { acceptance: 0.6, seed: 2, claim: 0.9 });
    const { counts, ring } = oneAnswer(4, decodingOf({ strategy: "continuous", drafters: toyNames }, 4), drafter);
    expect(counts.cancelled).toBeGreaterThan(0);
    expect(ring.stages[3]?.forwards).toBeLessThan(counts.frames);
  });

  it("are told of by drafter, and forgotten with their answer", () => {
    const drafter = new ToyDrafter(2, { acceptance: 1, seed: 1 });
    const { counts } = oneAnswer(2, decodingOf({ strategy: "window", drafters: toyNames }, 2), drafter);
    expect(counts.drafters).toMatchObject([{ name: "toy", accepted: counts.accepted }]);
    expect(drafter.known.size).toBe(0);
  });

  it("find a text that repeats itself: lookup", () => {
    const ids = [...prompt(12), ...prompt(12)];
    const force = prompt(12);
    const ring = new ToyRing(2, 3, {
      decoding: decodingOf({ strategy: "window", drafters: ["lookup"] }, 2),
      drafters: [new LookupDrafter()],
    });
    ring.ask("a", ids, { maxTokens: 12, stopIds: [], force });
    ring.run();
    expect(ring.answers.get("a")).toMatchObject({ tokens: force });
    expect(ring.answers.get("a")?.timings?.laps).toBeLessThanOrEqual(5);
  });

  it("leave no more dead slots behind than the list is cleared of", () => {
    const drafter = new ToyDrafter(3, { acceptance: 0.7, seed: 5, claim: 0.95 });
    const decoding = decodingOf({ strategy: "continuous", drafters: toyNames, rows: 6, windows: 6 }, 3);
    const ring = new ToyRing(3, 11, { decoding, drafters: [drafter], capacity: 120 });
    let dialogue = prompt(8);
    for (let turn = 0; turn < 8; turn++) {
      ring.ask(`${turn}`, dialogue, { maxTokens: 10, stopIds: [] });
      ring.run();
      const tokens = ring.answers.get(`${turn}`)?.tokens ?? [];
      expect(tokens).toEqual(toyAnswer(3, dialogue, 10, { eos: -1 }));
      dialogue = [...dialogue, ...tokens, turn];
      const slots = ring.stages[0]?.slots.get(1)?.split(" ").length ?? 0;
      expect(slots).toBeLessThan(dialogue.length * 1.125 + 16 + 36);
    }
  });
});

describe("with a temperature", () => {
  const policy = { temperature: 1, topP: 1, topK: 0 };

  it("a seed gives the text that it gives without drafts", () => {
    for (let seed = 0; seed < 20; seed++) {
      const drafter = new ToyDrafter(2, { acceptance: 0.7, seed });
      const ring = new ToyRing(2, seed, {
        decoding: decodingOf({ strategy: "continuous", drafters: toyNames }, 2),
        drafters: [drafter],
      });
      ring.ask("a", prompt(5), { maxTokens: 20, stopIds: [], policy: { ...policy, seed } });
      ring.run();
      const expected = toyAnswer(2, prompt(5), 20, { policy: { ...policy, seed }, eos: -1 });
      expect(ring.answers.get("a")?.tokens).toEqual(expected);
    }
  });

  it("tokens that were drafted come as often as the model means them to (chi-square)", () => {
    // The first two tokens of an answer of a small vocabulary, the second one always drafted.
    const vocabulary = 8;
    const runs = 4000;
    const seen = new Map<string, number>();
    let accepted = 0;
    for (let seed = 0; seed < runs; seed++) {
      const drafter = new ToyDrafter(1, { acceptance: 0.8, seed, vocabulary, claim: 0.99 });
      const decoding = decodingOf({ strategy: "window", drafters: toyNames }, 1);
      const ring = new ToyRing(1, seed, { decoding, drafters: [drafter], vocabulary });
      ring.ask("a", [3, 1, 4], { maxTokens: 3, stopIds: [], policy: { ...policy, seed } });
      ring.run();
      const key = ring.answers.get("a")?.tokens.slice(1).join() ?? "";
      seen.set(key, (seen.get(key) ?? 0) + 1);
      accepted += ring.answers.get("a")?.timings?.counts?.accepted ?? 0;
    }
    expect(accepted).toBeGreaterThan(runs / 5);
    const expected = exactPairs(vocabulary);
    let chiSquare = 0;
    for (const [key, share] of expected) chiSquare += ((seen.get(key) ?? 0) - share * runs) ** 2 / (share * runs);
    const freedom = expected.size - 1;
    // Wilson and Hilferty: 3.09 standard deviations, one run in a thousand lies beyond. Seeds are fixed.
    const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
    expect(chiSquare).toBeLessThan(limit);
    expect([...seen.keys()].every((key) => expected.has(key))).toBe(true);
  });

  /** Probability of the second and third token of the toy model's answer to 3, 1, 4, by enumeration. */
  function exactPairs(vocabulary: number): Map<string, number> {
    const pairs = new Map<string, number>();
    const walk = (tokens: readonly number[], probability: number): void => {
      if (tokens.length === 6) {
        const key = tokens.slice(4).join();
        pairs.set(key, (pairs.get(key) ?? 0) + probability);
        return;
      }
      const [first = 0] = toyAnswer(1, tokens, 1, { vocabulary });
      SHARES.forEach((share, i) => walk([...tokens, (first + i) % vocabulary], probability * share));
    };
    walk([3, 1, 4], 1);
    return pairs;
  }
});

describe("side by side", () => {
  const points = (count: number, shared: readonly number[]) =>
    Array.from({ length: count }, (_, i) => [...shared, 20 + i, 50 + i, 30]);
  const askAll = (ring: ToyRing, prompts: readonly number[][], more: object = {}) =>
    prompts.forEach((ids, i) => ring.ask(`${i}`, ids, { beside: "points", maxTokens: 20, stopIds: [], ...more }));

  it.each([1, 3])(
    "%i stages: lines share what their prompts have in common, and each says what it would say alone",
    (stages) => {
      const drafters = [new ToyDrafter(stages, { acceptance: 0.7, seed: 1 })];
      for (const strategy of ["plain", "continuous"] as const) {
        const decoding = decodingOf({ strategy, drafters: toyNames }, stages);
        const ring = new ToyRing(stages, 4, { decoding, drafters });
        const prompts = points(5, prompt(30));
        askAll(ring, prompts);
        ring.run();
        prompts.forEach((ids, i) =>
          expect(ring.answers.get(`${i}`)?.tokens).toEqual(toyAnswer(stages, ids, 20, { eos: -1 })),
        );
        if (strategy === "plain") expect(ring.stages[0]?.rows).toBe(30 + 5 * (3 + 19));
      }
    },
  );

  it("rows of several lines share frames when there are more lines than stages", () => {
    const ring = new ToyRing(2, 4, {});
    askAll(ring, points(6, prompt(30)));
    ring.run();
    expect(ring.stages[0]?.forwards).toBeLessThan(30 / 4 + 6 + 6 * 19 * 0.7);
  });

  it("one that is cancelled leaves the others what it had sent for them", () => {
    for (let steps = 0; steps < 60; steps += 3) {
      const ring = new ToyRing(2, steps, {});
      const prompts = points(3, prompt(20));
      askAll(ring, prompts);
      for (let i = 0; i < steps; i++) ring.step();
      ring.tell({ kind: "cancel", id: "0" });
      ring.run();
      for (const i of [1, 2])
        expect(ring.answers.get(`${i}`)?.tokens).toEqual(toyAnswer(2, prompts[i] ?? [], 20, { eos: -1 }));
    }
  });

  it("lines that fill the arena together end one by one, at what they have", () => {
    const ring = new ToyRing(2, 4, { capacity: 60 });
    const prompts = points(4, prompt(20));
    askAll(ring, prompts);
    ring.run();
    expect(ring.coordinator.pending).toBe(0);
    prompts.forEach((ids, i) => {
      const { tokens = [], finish } = ring.answers.get(`${i}`) ?? {};
      expect(tokens).toEqual(toyAnswer(2, ids, 20, { eos: -1 }).slice(0, tokens.length));
      expect(finish).toBe("length");
    });
    expect([...ring.answers.values()].some(({ tokens }) => tokens.length === 20)).toBe(true);
  });

  it("wait for a request that runs alone, and it for them", () => {
    const ring = new ToyRing(2, 4, {});
    ring.ask("alone", prompt(9));
    askAll(ring, points(2, prompt(9)));
    ring.ask("after", prompt(9));
    expect(ring.coordinator.pending).toBe(4);
    ring.run();
    expect(ring.answers.get("after")?.tokens).toEqual(ring.answers.get("alone")?.tokens);
  });
});

it("whatever drafts, cancels, stops and grows: wherever the head is, every text is that of plain decoding, every stage's list alike, nothing left on its way", () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant("ask" as const),
      conversation: fc.nat(2),
      length: fc.integer({ min: 1, max: 30 }),
      salt: fc.nat(2),
      tokens: fc.integer({ min: 1, max: 25 }),
      rows: fc.integer({ min: 1, max: 7 }),
      windows: fc.integer({ min: 1, max: 6 }),
      isSampled: fc.boolean(),
      isBeside: fc.boolean(),
    }),
    fc.record({ do: fc.constantFrom("cancel" as const, "stop" as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant("close" as const), conversation: fc.nat(2) }),
    fc.record({ do: fc.constant("steps" as const), count: fc.integer({ min: 1, max: 120 }) }),
  );
  const settings = fc.record({
    stages: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
    vocabulary: fc.constantFrom(7, V),
    acceptances: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    claim: fc.constantFrom(null, 0.3, 0.99, 1),
    slow: fc.boolean(),
    slope: fc.constantFrom(0, 0.05, 1 / 3),
    hasHead: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 25 }), settings, (actions, set) => {
      const { stages, seed, vocabulary, acceptances, claim, slow, slope, hasHead } = set;
      const drafters = [
        new LookupDrafter(),
        new ToyDrafter(stages, { acceptance: acceptances[0], seed, vocabulary, claim, slow }),
        new ToyDrafter(stages, { acceptance: acceptances[1], seed: seed + 1, vocabulary, name: "second" }),
      ];
      const names = drafters.map(({ name }) => name);
      const costOf = (rows: number) => 1 + slope * (rows - 1);
      const headOnLast = hasHead ? { headOnLast: { vocabulary } } : {};
      const ring = new ToyRing(stages, seed, { arenas: 2, capacity: 100, drafters, vocabulary, costOf, ...headOnLast });
      const expected = new Map<string, number[]>();
      actions.forEach((a, i) => {
        const id = `${i}`;
        if (a.do === "ask") {
          const policy = { temperature: a.isSampled ? 1 : 0, topP: 0.9, topK: 4, seed: i };
          const ids = prompt(a.length, a.salt, vocabulary);
          expected.set(id, toyAnswer(stages, ids, a.tokens, { vocabulary, policy }));
          const decoding = { rows: a.rows, windows: a.windows, drafters: names.slice(seed % 3) };
          const conversation = `${a.conversation}`;
          const beside = a.isBeside ? { beside: "all" } : {};
          ring.ask(id, ids, { conversation, maxTokens: a.tokens, policy, decoding, ...beside });
        } else if (a.do === "cancel" || a.do === "stop") ring.tell({ kind: a.do, id: `${a.which}` });
        else if (a.do === "close") ring.tell({ kind: "close-conversation", conversation: `${a.conversation}` });
        else if (a.do === "steps") for (let n = 0; n < a.count; n++) ring.step();
      });
      ring.run();
      for (const [id, tokens] of expected) {
        const answer = ring.answers.get(id);
        // Cancelled and stopped ones end early, and where lines side by side fill the arena, which is no fault.
        expect(answer?.tokens).toEqual(tokens.slice(0, answer?.tokens.length));
        const isWhole = answer?.tokens.length === tokens.length || answer?.finish === "length";
        if (!isWhole)
          expect(actions).toContainEqual(expect.objectContaining({ do: expect.stringMatching(/cancel|stop|close/) }));
      }
      expect(ring.coordinator.pending).toBe(0);
      expect(ring.coordinator.framesInFlight).toBe(0);
      for (const { slots } of ring.stages) expect(slots).toEqual(ring.stages[0]?.slots);
      // A dialogue of one token leaves one slot: whatever ran before holds none, once conversations that may lie in the same arena are closed.
      for (const conversation of ["0", "1", "2"]) ring.tell({ kind: "close-conversation", conversation });
      ring.ask("last", [2], { conversation: "0", maxTokens: 1, decoding: PLAIN });
      ring.run();
      for (const { slots } of ring.stages) expect([...slots.values()]).toContain("-1@0");
    }),
    { seed: 20261125, numRuns: 400 },
  );
});
