import { ROOT, type RowTable } from "@jupiter/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StageLoop } from "./stage-loop.ts";
import { mix, toyAnswer, ToyRing, V } from "./toy-ring.ts";

const prompt = (length: number, salt = 0) => Array.from({ length }, (_, i) => mix(i, salt) % V);

describe("one request", () => {
  it.each([1, 2, 3, 4])("over %i stages gives one device's text", (stages) => {
    for (const length of [1, 3, 4, 5, 23]) {
      const ring = new ToyRing(stages, length);
      ring.ask("a", prompt(length));
      ring.run();
      expect(ring.answers.get("a")?.tokens).toEqual(toyAnswer(stages, prompt(length), 12));
      expect(ring.coordinator.pending).toBe(0);
      expect(ring.coordinator.framesInFlight).toBe(0);
    }
  });

  it("keeps several chunks of a prompt on their way, and no more than the ring allows", () => {
    const ring = new ToyRing(3, 1);
    ring.ask("a", prompt(40));
    ring.run();
    expect(ring.maxInFlightSeen).toBe(3);
    expect(ring.stages[0]?.forwards).toBe(10 + (ring.answers.get("a")?.tokens.length ?? 0) - 1);
  });

  it("tells one lap per token, and why it ended", () => {
    const ring = new ToyRing(2, 1);
    ring.ask("a", prompt(6), { maxTokens: 5, stopIds: [] });
    ring.run();
    expect(ring.answers.get("a")).toMatchObject({ finish: "length", timings: { laps: 5 } });
    const expected = toyAnswer(2, prompt(6), 5);
    ring.ask("b", prompt(6), { conversation: "two", maxTokens: 5, stopIds: [expected[2] ?? -1] });
    ring.run();
    expect(ring.answers.get("b")).toMatchObject({
      finish: "stop",
      tokens: expected.slice(0, expected.indexOf(expected[2] ?? -1) + 1),
    });
  });

  it("feeds forced ids whatever was chosen", () => {
    const ring = new ToyRing(2, 1);
    ring.ask("a", prompt(6), { maxTokens: 3, force: [1, 2, 3] });
    ring.run();
    expect(ring.answers.get("a")?.tokens).toEqual([1, 2, 3]);
  });

  it("that does not fit the ring's cache fails with what to do", () => {
    const ring = new ToyRing(1, 1, { capacity: 10 });
    ring.ask("a", prompt(10));
    expect(ring.answers.get("a")?.finish).toBe("failed");
    ring.ask("b", prompt(8), { stopIds: [] });
    ring.run();
    expect(ring.answers.get("b")).toMatchObject({ finish: "length", tokens: toyAnswer(1, prompt(8), 2) });
  });
});

describe("conversations", () => {
  it("a second turn computes only its new tokens, an edited one only from the change on", () => {
    const ring = new ToyRing(2, 9);
    ring.ask("a", prompt(20), { stopIds: [] });
    ring.run();
    const dialogue = [...prompt(20), ...(ring.answers.get("a")?.tokens ?? []), 7, 8, 9];
    ring.ask("b", dialogue, { stopIds: [] });
    ring.run();
    // The last token of an answer was never fed.
    expect(ring.answers.get("b")).toMatchObject({
      timings: { reusedTokens: 20 + 12 - 1 },
      tokens: toyAnswer(2, dialogue, 12),
    });
    const edited = [...dialogue.slice(0, 22), 11, ...dialogue.slice(23)];
    ring.ask("c", edited);
    ring.run();
    expect(ring.answers.get("c")).toMatchObject({ timings: { reusedTokens: 22 }, tokens: toyAnswer(2, edited, 12) });
  });

  it("asking the very same again computes one row only", () => {
    const ring = new ToyRing(2, 9);
    ring.ask("a", prompt(20));
    ring.run();
    ring.ask("b", prompt(20));
    ring.run();
    expect(ring.answers.get("b")).toMatchObject({
      timings: { reusedTokens: 19 },
      tokens: ring.answers.get("a")?.tokens,
    });
  });

  it("more than the ring has arenas for take the cache of the longest unused, and wait when all are busy", () => {
    const ring = new ToyRing(2, 5, { arenas: 2, capacity: 40 }); // two of them do not fit into one
    for (const c of ["1", "2", "3", "4", "5"]) ring.ask(c, prompt(9, Number(c)), { conversation: c });
    ring.run();
    for (const c of ["1", "2", "3", "4", "5"])
      expect(ring.answers.get(c)?.tokens).toEqual(toyAnswer(2, prompt(9, Number(c)), 12));
    ring.ask("again", prompt(9, 1), { conversation: "1" });
    ring.run();
    expect(ring.answers.get("again")).toMatchObject({
      timings: { reusedTokens: 0 },
      tokens: ring.answers.get("1")?.tokens,
    });
  });

  it("a lost ring ends what runs, keeps what waits for a new ring and forgets the caches", () => {
    const ring = new ToyRing(2, 5);
    ring.ask("a", prompt(9));
    for (let i = 0; i < 12; i++) ring.step();
    ring.tell({ kind: "ring-lost", reason: "a device left" });
    expect(ring.answers.get("a")?.finish).toBe("failed");
    ring.ask("b", prompt(9));
    expect(ring.answers.get("b")?.finish).toBe(null);
    expect(ring.coordinator.pending).toBe(1);
  });
});

it("random questions, cancels and conversations leave every finished text that of one device", () => {
  const action = fc.oneof(
    fc.record({
      do: fc.constant("ask" as const),
      conversation: fc.nat(2),
      length: fc.integer({ min: 1, max: 20 }),
      salt: fc.nat(2),
    }),
    fc.record({ do: fc.constant("cancel" as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant("close" as const), conversation: fc.nat(2) }),
    fc.record({ do: fc.constant("steps" as const), count: fc.integer({ min: 1, max: 60 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      (actions, stages, seed) => {
        const ring = new ToyRing(stages, seed, { arenas: 2 });
        const prompts = new Map<string, number[]>();
        actions.forEach((a, i) => {
          if (a.do === "ask") {
            prompts.set(`${i}`, prompt(a.length, a.salt));
            ring.ask(`${i}`, prompt(a.length, a.salt), { conversation: `${a.conversation}`, maxTokens: 6 });
          } else if (a.do === "cancel") ring.tell({ kind: "cancel", id: `${a.which}` });
          else if (a.do === "close") ring.tell({ kind: "close-conversation", conversation: `${a.conversation}` });
          else for (let n = 0; n < a.count; n++) ring.step();
        });
        ring.run();
        for (const [id, ids] of prompts) {
          const answer = ring.answers.get(id);
          const expected = toyAnswer(stages, ids, 6);
          if (answer?.finish === "cancelled") expect(answer.tokens).toEqual(expected.slice(0, answer.tokens.length));
          else expect(answer?.tokens).toEqual(expected);
        }
        expect(ring.coordinator.framesInFlight).toBe(0);
      },
    ),
    { seed: 20261123, numRuns: 300 },
  );
});

/** Any cut of any prompt into chunks, 1 to `most` rows each, by a seed. */
const anyChunks = (seed: number, most: number) => (remaining: number, cached: number) =>
  Math.min(remaining, 1 + (mix(remaining * 1000 + cached, seed) % most));

it("however prompts are cut and how many chunks are on their way, dialogues that go on and are edited get one device's text", () => {
  const turn = fc.record({
    /** Of the dialogue so far: how much of it stays. */
    kept: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 60 }),
    conversation: fc.nat(1),
    /** The question before is given up after so many steps; null: it is waited for. */
    givenUpAfter: fc.option(fc.nat(60)),
  });
  fc.assert(
    fc.property(
      fc.array(turn, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.record({
        seed: fc.nat(),
        most: fc.constantFrom(1, 3, 8, 40, 256),
        maxInFlight: fc.integer({ min: 1, max: 12 }),
      }),
      (turns, stages, { seed, most, maxInFlight }) => {
        const ring = new ToyRing(stages, seed, { capacity: 600, maxInFlight, chunkRows: anyChunks(seed, most) });
        const dialogues: number[][] = [[], []];
        turns.forEach(({ kept, length, conversation, givenUpAfter }, i) => {
          const before = dialogues[conversation]!;
          const ids = [...before.slice(0, Math.round(kept * before.length)), ...prompt(length, seed + i)];
          ring.ask(`${i}`, ids, { conversation: `${conversation}`, maxTokens: 5, stopIds: [] });
          if (givenUpAfter === null) ring.run();
          for (let step = 0; step < (givenUpAfter ?? 0); step++) ring.step();
          if (givenUpAfter !== null) ring.tell({ kind: "cancel", id: `${i}` });
          const { tokens, finish } = ring.answers.get(`${i}`)!;
          const expected = toyAnswer(stages, ids, 5, { eos: -1 });
          expect(tokens).toEqual(finish === "cancelled" ? expected.slice(0, tokens.length) : expected);
          dialogues[conversation] = [...ids, ...tokens];
        });
        ring.run();
        expect(ring.coordinator.framesInFlight).toBe(0);
      },
    ),
    { seed: 20261125, numRuns: 300 },
  );
});

describe("stage loop", () => {
  const rows: RowTable = {
    arena: 0,
    base: 0,
    positions: Int32Array.of(0),
    parents: Int32Array.of(ROOT),
    wanted: Uint8Array.of(1),
  };
  const frame = (number: number, epoch = 1) =>
    ({
      kind: "rows",
      frame: number,
      epoch,
      times: [],
      commands: [],
      rows,
      dead: false,
      activations: { wire: "f32", rows: 1, hidden: 1, data: Float32Array.of(1) },
    }) as const;

  it("refuses gaps, repeats and frames of another plan", () => {
    const loop = new StageLoop({ index: 0, last: true, epoch: 1 });
    loop.handle({ kind: "frame", frame: frame(4) }, 0);
    expect(() => loop.handle({ kind: "frame", frame: frame(6) }, 0)).toThrow(
      expect.objectContaining({ reason: "out-of-order" }),
    );
    expect(() => loop.handle({ kind: "frame", frame: frame(4) }, 0)).toThrow(
      expect.objectContaining({ reason: "out-of-order" }),
    );
    expect(() => loop.handle({ kind: "frame", frame: frame(5, 2) }, 0)).toThrow(
      expect.objectContaining({ reason: "stale-plan" }),
    );
  });

  it("a cancel that comes after the frame but before its turn makes it dead; one that comes too late is forgotten", () => {
    const loop = new StageLoop({ index: 0, last: false, epoch: 1 });
    expect(loop.handle({ kind: "frame", frame: frame(1) }, 0)).toEqual([{ kind: "turn" }]);
    loop.handle({ kind: "cancel", frames: [1] }, 0);
    const effects = loop.handle({ kind: "turn" }, 5);
    expect(effects.map(({ kind }) => kind)).toEqual(["skip", "pass"]);
    expect(effects[1]).toMatchObject({ frame: { dead: true, times: [{ computeUs: 0, queueUs: 5000 }] } });
    loop.handle({ kind: "cancel", frames: [1] }, 6);
    loop.handle({ kind: "frame", frame: frame(2) }, 7);
    expect(loop.handle({ kind: "turn" }, 8).map(({ kind }) => kind)).toEqual(["forward"]);
  });
});
