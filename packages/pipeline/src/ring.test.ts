/**
 * Coordinator and stage loops against each other over a toy model: every stage mixes a row with all its ancestors' rows by integer hashing, so
 * that a wrong slot, parent, order or a missing row changes the text. Links are queues, delivered in seeded random order.
 */
import {
  ROOT,
  SlotLists,
  type Activations,
  type CacheCommand,
  type Frame,
  type FrameNumber,
  type RowTable,
} from "@jupiter/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coordinator } from "./coordinator.ts";
import type { CoordinatorEffect, CoordinatorEvent, Finish, GenerateRequest, Ring } from "./requests.ts";
import { seededUniform } from "./seeded-uniform.ts";
import { StageLoop, type StageEffect, type StageEvent } from "./stage-loop.ts";

const V = 97;
const EOS = 5;

function mix(a: number, b: number): number {
  let z = (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 7, 0x85ebca6b)) | 0;
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z >>> 0) % 1_000_003;
}

function toyForward(salt: number, inputs: readonly number[]): number {
  return inputs.reduce((state, x, i) => mix(state + i, x), salt);
}

/** The text that one device would produce. */
function toyAnswer(stages: number, prompt: readonly number[], maxTokens: number): number[] {
  const tokens = [...prompt];
  while (tokens.length < prompt.length + maxTokens) {
    let column = tokens.map((t) => t);
    for (let s = 0; s < stages; s++) column = column.map((_, i) => toyForward(s, column.slice(0, i + 1)));
    const next = (column.at(-1) ?? 0) % V;
    tokens.push(next);
    if (next === EOS) break;
  }
  return tokens.slice(prompt.length);
}

class ToyStage {
  readonly #salt: number;
  readonly #lists = new SlotLists();
  readonly #inputs = new Map<number, number[]>();
  forwards = 0;

  constructor(salt: number) {
    this.#salt = salt;
  }

  forward(x: Activations, rows: RowTable): Activations {
    this.forwards++;
    const list = this.#lists.append(rows);
    const inputs = this.#inputs.get(rows.arena) ?? [];
    this.#inputs.set(rows.arena, inputs);
    x.data.forEach((value, i) => (inputs[rows.base + i] = value));
    const data = Float32Array.from(x.data, (_, i) => {
      const path: number[] = [];
      for (let slot = rows.base + i; slot !== ROOT; slot = list.parentAt(slot)) path.unshift(inputs[slot] ?? NaN);
      return toyForward(this.#salt, path);
    });
    return { wire: "f32", rows: x.rows, hidden: 1, data };
  }

  skip(rows: RowTable): void {
    this.#lists.append(rows);
    const inputs = this.#inputs.get(rows.arena);
    // What a dead frame leaves in the slots must never be read.
    rows.parents.forEach((_, i) => inputs && (inputs[rows.base + i] = 31_337));
  }

  apply(command: CacheCommand): void {
    this.#lists.apply(command);
    if (command.kind === "free") this.#inputs.delete(command.arena);
  }
}

interface Answer {
  readonly tokens: number[];
  finish: Finish | null;
  reused: number;
  laps: number;
}

class ToyRing {
  readonly coordinator = new Coordinator();
  readonly answers = new Map<string, Answer>();
  readonly stages: ToyStage[];
  readonly #loops: StageLoop[];
  /** Queue `i` feeds stage `i`; the last feeds the host. Control messages go past them. */
  readonly #queues: Frame[][];
  readonly #control: (readonly FrameNumber[])[][];
  readonly #turns: boolean[];
  readonly #random: () => number;
  maxInFlightSeen = 0;
  nowMs = 0;

  constructor(stages: number, seed: number, ring: Partial<Ring> = {}) {
    this.stages = Array.from({ length: stages }, (_, s) => new ToyStage(s));
    this.#loops = Array.from(
      { length: stages },
      (_, index) => new StageLoop({ index, last: index === stages - 1, epoch: 3 }),
    );
    this.#queues = Array.from({ length: stages + 1 }, () => []);
    this.#control = Array.from({ length: stages }, () => []);
    this.#turns = Array.from({ length: stages }, () => false);
    let step = 0;
    this.#random = () => seededUniform(seed, step++);
    this.tell({
      kind: "ring-ready",
      ring: { epoch: 3, chunkRows: () => 4, maxInFlight: 3, capacity: 200, arenas: 4, ...ring },
    });
  }

  tell(event: CoordinatorEvent): void {
    for (const effect of this.coordinator.handle(event, this.nowMs)) this.#host(effect);
    this.maxInFlightSeen = Math.max(this.maxInFlightSeen, this.coordinator.framesInFlight);
  }

  ask(id: string, ids: readonly number[], more: Partial<GenerateRequest> = {}): void {
    this.answers.set(id, { tokens: [], finish: null, reused: 0, laps: 0 });
    const policy = { temperature: 0, topP: 1, topK: 0, seed: 1 };
    const request = {
      id,
      conversation: "one",
      ids: Int32Array.from(ids),
      maxTokens: 12,
      policy,
      stopIds: [EOS],
      ...more,
    };
    this.tell({ kind: "submit", request });
  }

  /** Delivers one message of a random link; false when nothing is on its way. */
  step(): boolean {
    this.nowMs++;
    const ready: (() => void)[] = [];
    this.#loops.forEach((_, s) => {
      if (this.#turns[s]) {
        ready.push(() => {
          this.#turns[s] = false;
          this.#stage(s, { kind: "turn" });
        });
      }
      const cancel = this.#control[s];
      if (cancel?.length) ready.push(() => this.#stage(s, { kind: "cancel", frames: cancel.shift() ?? [] }));
      const queue = this.#queues[s];
      if (queue?.length) ready.push(() => this.#deliver(s, queue.shift()));
    });
    const home = this.#queues.at(-1);
    if (home?.length) ready.push(() => this.#home(home.shift()));
    const chosen = ready[Math.floor(this.#random() * ready.length)];
    chosen?.();
    return chosen !== undefined;
  }

  run(): this {
    for (let i = 0; this.step(); i++) if (i > 1e5) throw new Error("the ring never comes to rest");
    return this;
  }

  #deliver(s: number, frame: Frame | undefined): void {
    if (frame?.kind === "rows" || frame?.kind === "commands") this.#stage(s, { kind: "frame", frame });
  }

  #stage(s: number, event: StageEvent): void {
    for (const effect of this.#loops[s]?.handle(event, this.nowMs) ?? []) this.#carryOut(s, effect);
  }

  #carryOut(s: number, effect: StageEffect): void {
    const stage = this.stages[s];
    if (effect.kind === "turn") this.#turns[s] = true;
    else if (effect.kind === "apply") stage?.apply(effect.command);
    else if (effect.kind === "skip") stage?.skip(effect.rows);
    else if (effect.kind === "pass") this.#queues[s + 1]?.push(effect.frame);
    else if (stage)
      this.#stage(s, { kind: "forwarded", activations: stage.forward(effect.activations, effect.rows), computeUs: 1 });
  }

  #home(frame: Frame | undefined): void {
    if (frame?.kind === "ack") this.tell({ kind: "acknowledged", frame: frame.frame });
    if (frame?.kind === "return") this.tell({ kind: "returned", frame: frame.frame, activations: frame.activations });
  }

  #host(effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "send": {
        const { kind: _, tokenIds, ...head } = effect;
        const activations: Activations = {
          wire: "f32",
          rows: tokenIds.length,
          hidden: 1,
          data: Float32Array.from(tokenIds),
        };
        this.#queues[0]?.push({ kind: "rows", ...head, times: [], dead: false, activations });
        return;
      }
      case "score":
        this.tell({
          kind: "scored",
          frame: effect.frame,
          scores: [...effect.activations.data].map((x, row) => ({
            row,
            chosen: x % V,
            best: [
              { id: x % V, logProb: -1 },
              { id: (x + 1) % V, logProb: -3 },
            ],
            asked: [],
            entropy: 1,
          })),
        });
        return;
      case "cancel-frames":
        for (const control of this.#control) control.push(effect.frames);
        return;
      case "token":
        this.answers.get(effect.id)?.tokens.push(effect.token);
        return;
      case "finished": {
        const answer = this.answers.get(effect.id);
        if (!answer || answer.finish !== null) throw new Error(`${effect.id} ended twice`);
        expect(effect.output).toEqual(answer.tokens);
        answer.finish = effect.finish;
        answer.reused = effect.timings.reusedTokens;
        answer.laps = effect.timings.laps;
        return;
      }
      default:
        effect satisfies never;
    }
  }
}

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
    expect(ring.answers.get("a")).toMatchObject({ finish: "length", laps: 5 });
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
    expect(ring.answers.get("b")).toMatchObject({ reused: 20 + 12 - 1, tokens: toyAnswer(2, dialogue, 12) });
    const edited = [...dialogue.slice(0, 22), 11, ...dialogue.slice(23)];
    ring.ask("c", edited);
    ring.run();
    expect(ring.answers.get("c")).toMatchObject({ reused: 22, tokens: toyAnswer(2, edited, 12) });
  });

  it("asking the very same again computes one row only", () => {
    const ring = new ToyRing(2, 9);
    ring.ask("a", prompt(20));
    ring.run();
    ring.ask("b", prompt(20));
    ring.run();
    expect(ring.answers.get("b")).toMatchObject({ reused: 19, tokens: ring.answers.get("a")?.tokens });
  });

  it("more than the ring has arenas for take the cache of the longest unused, and wait when all are busy", () => {
    const ring = new ToyRing(2, 5, { arenas: 2 });
    for (const c of ["1", "2", "3", "4", "5"]) ring.ask(c, prompt(9, Number(c)), { conversation: c });
    ring.run();
    for (const c of ["1", "2", "3", "4", "5"])
      expect(ring.answers.get(c)?.tokens).toEqual(toyAnswer(2, prompt(9, Number(c)), 12));
    ring.ask("again", prompt(9, 1), { conversation: "1" });
    ring.run();
    expect(ring.answers.get("again")).toMatchObject({ reused: 0, tokens: ring.answers.get("1")?.tokens });
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
