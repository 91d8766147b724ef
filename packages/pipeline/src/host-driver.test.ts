/** The driver's own part: what it refuses of what comes back, and drafters that take their time, are called back, or fail. */
import type { AckFrame, Frame, ReturnFrame, RowScore, RowsFrame, ScoresFrame } from "@jupiter/protocol";
import { describe, expect, it } from "vitest";
import { decodingOf } from "./decoding.ts";
import type { Head } from "./ports.ts";
import { MEDUSA, type Draft, type Drafter } from "./drafter.ts";
import { HostDriver, type HostEvent } from "./host-driver.ts";
import { GREEDY } from "./sampling.ts";
import { StageDriver } from "./stage-driver.ts";

/** One stage that passes rows through, and a model that counts up. */
const QUESTION = {
  id: "a",
  conversation: "one",
  ids: Int32Array.of(0),
  maxTokens: 12,
  policy: GREEDY,
  stopIds: [],
};

const VOCABULARY = 100;

type Returned = ReturnFrame | ScoresFrame | AckFrame;

/** `altered`: what the host gets of what the stage passes on. `headRows`: of those that the head is asked for, how many it scores. */
function countingRing(
  drafter: Drafter,
  { altered = (frame: Returned): Returned => frame, headRows = Infinity, cancelled = false, headOnLast = false } = {},
) {
  const events: HostEvent[] = [];
  const failures: unknown[] = [];
  let finish = () => {};
  const finished = new Promise<unknown>((resolve) => (finish = () => resolve(null)));
  const toStage: RowsFrame[] = [];
  const head: Head = {
    score: ({ data }, policies) => {
      const result = policies.slice(0, headRows).map((_, row) => {
        const chosen = (data[row] ?? 0) + 1;
        // Heads that know the model, where their guesses are asked for.
        const guesses = [1, 2, 3].map((k) => [{ id: chosen + k, logProb: -0.1 }]);
        const more = policies[row]?.guesses === true ? { guesses } : {};
        return { row, chosen, best: [{ id: chosen, logProb: 0 }], asked: [], entropy: 0, ...more };
      });
      return Promise.resolve({ result, computeMs: 1 });
    },
  };
  const stage = new StageDriver(
    { index: 0, last: true, epoch: 1 },
    {
      stage: {
        forward: (x) => Promise.resolve({ result: x, computeMs: 1 }),
        skip: () => undefined,
        apply: () => undefined,
      },
      wire: "f32",
      pass: (frame: Frame) =>
        (frame.kind === "return" || frame.kind === "scores" || frame.kind === "ack") && host.receive(altered(frame)),
      ...(headOnLast ? { head } : {}),
      soon: queueMicrotask,
      nowMs: () => 0,
      failed: (error) => failures.push(error),
    },
  );
  const host: HostDriver = new HostDriver({
    embedding: (ids) => ({ wire: "f32", rows: ids.length, hidden: 1, data: Float32Array.from(ids) }),
    head,
    send: (frame) => {
      toStage.push(frame);
      stage.receive(frame);
    },
    cancel: (frames) => stage.cancel(frames),
    emit: (event) => {
      events.push(event);
      if (event.kind === "finished") finish();
    },
    nowMs: () => 0,
    // Time stands still, so what is waited for never comes; guesses that are not paced go with what is certain.
    after: () => undefined,
    failed: (error) => {
      failures.push(error);
      host.ringLost("a frame was refused");
    },
    drafters: [drafter],
    drafterFailed: (name, error) => failures.push(`${name}: ${String(error)}`),
  });
  const decoding = decodingOf({ strategy: "window", drafters: [drafter.name] }, 1);
  const ring = { epoch: 1, chunkRows: () => 8, maxInFlight: 1, capacity: 100, arenas: 1, decoding };
  host.ringReady({ ...ring, ...(headOnLast ? { headOnLast: { vocabulary: VOCABULARY } } : {}) }, "f32");
  host.submit(QUESTION);
  if (cancelled) host.cancel("a");
  /** No microtask has anything more to do: everything here runs in them. */
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const text = () => events.flatMap((event) => (event.kind === "token" ? [event.token] : []));
  return { events, finished, failures, text, toStage, host, settled };
}

const UP_TO_TWELVE = Array.from({ length: 12 }, (_, i) => i + 1);
const next = (last: number): Draft => ({ view: 0, after: -1, token: last + 1, probability: 0.9 });

it("a drafter that promises its answer holds up no frame, and its drafts go as soon as they are there", async () => {
  let answers = 0;
  const ring = countingRing({
    name: "slow",
    extend: async ([view]) => {
      const last = view?.drafted.at(-1) ?? view?.certain.at(-1) ?? 0;
      for (let i = 0; i < 2; i++) await Promise.resolve();
      answers++;
      return [next(last), { ...next(last + 1), after: 0 }, { ...next(last + 2), after: 1 }];
    },
    forget: () => undefined,
  });
  await ring.finished;
  expect(ring.text()).toEqual(UP_TO_TWELVE);
  expect(answers).toBeGreaterThan(0);
  expect(ring.toStage.some(({ rows }) => rows.parents.length > 1)).toBe(true);
  expect(ring.failures).toEqual([]);
});

it("a drafter is called back when the place it was asked about turns out wrong", async () => {
  const signals: AbortSignal[] = [];
  const ring = countingRing({
    name: "wrong",
    extend: (_, __, { signal }) => {
      signals.push(signal);
      // One wrong guess at once; then nothing until it is called back.
      if (signals.length === 1) return [{ view: 0, after: -1, token: 50, probability: 0.9 }];
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve([])));
    },
    forget: () => undefined,
  });
  await ring.finished;
  expect(ring.text()).toEqual(UP_TO_TWELVE);
  expect(signals.slice(1).some(({ aborted }) => aborted)).toBe(true);
});

it.each([
  [
    "at once",
    () => {
      throw new Error("no weights");
    },
  ],
  ["later", () => Promise.reject(new Error("no weights"))],
])("a drafter that fails %s is told of and not asked again; the answer goes on", async (_, extend) => {
  let asked = 0;
  const ring = countingRing({
    name: "broken",
    extend: () => {
      asked++;
      return extend();
    },
    forget: () => undefined,
  });
  await ring.finished;
  expect(ring.text()).toEqual(UP_TO_TWELVE);
  expect(ring.failures).toEqual(["broken: Error: no weights"]);
  expect(asked).toBe(1);
});

it("a drafter that was called back is not asked again until its promise has settled", async () => {
  const signals: AbortSignal[] = [];
  let running = 0;
  let mostRunning = 0;
  let settle = () => {};
  const ring = countingRing({
    name: "late",
    extend: (_, __, { signal }) => {
      signals.push(signal);
      mostRunning = Math.max(mostRunning, ++running);
      if (signals.length === 1) {
        running--;
        return [{ view: 0, after: -1, token: 50, probability: 0.9 }];
      }
      return new Promise((resolve) => {
        settle = () => {
          running--;
          resolve([]);
        };
      });
    },
    forget: () => undefined,
  });
  await ring.finished;
  expect(ring.text()).toEqual(UP_TO_TWELVE);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect(mostRunning).toBe(1);
  settle();
  await Promise.resolve();
  // Free again: the next answer asks it.
  ring.host.submit({ ...QUESTION, id: "b", ids: Int32Array.of(20) });
  while (signals.length === 2) await Promise.resolve();
  expect(mostRunning).toBe(1);
});

describe("what comes back", () => {
  const none: Drafter = { name: "none", extend: () => [], forget: () => undefined };
  const ack = ({ frame, epoch, times }: Returned, dead: boolean): Returned => ({
    kind: "ack",
    frame,
    epoch,
    times,
    dead,
  });
  const withIndices =
    (...rowIndices: number[]) =>
    (frame: Returned): Returned =>
      frame.kind === "return" ? { ...frame, rowIndices } : frame;
  const empty = { wire: "f32", rows: 0, hidden: 1, data: new Float32Array(0) } as const;
  const score: RowScore = { row: 0, chosen: 1, best: [{ id: 1, logProb: 0 }], asked: [], entropy: 0 };
  const scored =
    (...scores: RowScore[]) =>
    ({ frame, epoch, times }: Returned): Returned => ({ kind: "scores", frame, epoch, times, headUs: 0, scores });

  it.each<[string, (frame: Returned) => Returned]>([
    ["an ack", (frame) => ack(frame, false)],
    ["a dead ack of a frame that nobody cancelled", (frame) => ack(frame, true)],
    ["no rows", (frame) => (frame.kind === "return" ? { ...frame, rowIndices: [], activations: empty } : frame)],
    ["other rows", withIndices(1)],
    ["more rows", withIndices(0, 1)],
    ["scores, which the host gives", scored(score)],
  ])("%s instead of the row that was wanted ends the ring, and the request with it", async (_, altered) => {
    const ring = countingRing(none, { altered });
    await ring.settled();
    expect(ring.failures).toEqual([expect.objectContaining({ reason: "bad-frame" })]);
    expect(ring.host.pending).toBe(0);
  });

  const there = { headOnLast: true };

  it("the scores of a last stage that has the head are taken, and its time is told apart", async () => {
    const ring = countingRing(none, there);
    await ring.finished;
    expect(ring.text()).toEqual(UP_TO_TWELVE);
    expect(ring.failures).toEqual([]);
    const laps = ring.events.filter((event) => event.kind === "lap");
    expect(laps.map(({ headMs, headAt }) => [headMs, headAt])).toEqual(Array(12).fill([1, "last"]));
    expect(laps.flatMap(({ stageTimes }) => stageTimes.map(({ computeUs }) => computeUs))).toEqual(
      Array(12).fill(1000),
    );
  });

  it("a last stage that has the head and scores fewer rows than it was asked for fails", async () => {
    const ring = countingRing(none, { ...there, headRows: 0 });
    await ring.settled();
    expect(ring.failures).toEqual([expect.objectContaining({ reason: "stage-failed" })]);
  });

  it.each<[string, (frame: Returned) => Returned]>([
    ["an ack", (frame) => ack(frame, false)],
    [
      "activations",
      ({ frame, epoch, times }) => ({
        ...{ kind: "return", frame, epoch, times, rowIndices: [0] },
        activations: { wire: "f32", rows: 1, hidden: 1, data: new Float32Array(1) },
      }),
    ],
    ["no scores", scored()],
    ["more scores", scored(score, { ...score, row: 1 })],
    ["another row's score", scored({ ...score, row: 1 })],
    ["no best token", scored({ ...score, best: [] })],
    ["a best token of no probability", scored({ ...score, best: [{ id: 1, logProb: -Infinity }] })],
    ["a token beyond the vocabulary", scored({ ...score, chosen: VOCABULARY, best: [{ id: VOCABULARY, logProb: 0 }] })],
    [
      "a token twice",
      scored({
        ...score,
        best: [
          { id: 1, logProb: -1 },
          { id: 1, logProb: -1 },
        ],
      }),
    ],
    ["a choice that is not among the best", scored({ ...score, chosen: 2 })],
    [
      "a choice that is not the best",
      scored({
        ...score,
        chosen: 2,
        best: [
          { id: 1, logProb: -1 },
          { id: 2, logProb: -2 },
        ],
      }),
    ],
    [
      "more than all probability",
      scored({
        ...score,
        best: [
          { id: 1, logProb: 0 },
          { id: 2, logProb: -1 },
        ],
      }),
    ],
    ["more entropy than there can be", scored({ ...score, entropy: 5 })],
    ["less than no entropy", scored({ ...score, entropy: -1 })],
    ["what nobody asked for", scored({ ...score, asked: [-1] })],
  ])("%s instead of the score that was wanted ends the ring, and the request with it", async (_, altered) => {
    const ring = countingRing(none, { ...there, altered });
    await ring.settled();
    expect(ring.failures).toEqual([expect.objectContaining({ reason: "bad-frame" })]);
    expect(ring.host.pending).toBe(0);
  });

  it("a cancelled frame may come back dead", async () => {
    const dead: boolean[] = [];
    const ring = countingRing(none, {
      cancelled: true,
      altered: (frame) => {
        dead.push(frame.kind === "ack" && frame.dead);
        return frame;
      },
    });
    await ring.settled();
    expect(dead).toEqual([true]);
    expect(ring.failures).toEqual([]);
  });

  it("a head that scores fewer rows than it was asked for ends the ring", async () => {
    const ring = countingRing(none, { headRows: 0 });
    await ring.settled();
    expect(ring.failures).toEqual([expect.objectContaining({ reason: "stage-failed" })]);
    expect(ring.host.pending).toBe(0);
  });
});

it("guesses of Medusa heads come with a verdict and go with the next frame", async () => {
  const ring = countingRing({ name: MEDUSA, extend: () => [], forget: () => undefined });
  await ring.finished;
  expect(ring.text()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const ended = ring.events.find((event) => event.kind === "finished");
  // Four tokens a lap, after the prompt's.
  expect(ended?.timings.laps).toBeLessThanOrEqual(5);
  expect(ended?.timings.counts?.drafters).toMatchObject([{ name: MEDUSA }]);
});
