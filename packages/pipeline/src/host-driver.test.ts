/** The driver's own part in drafting: drafters that take their time, are called back, or fail. */
import type { Frame, RowsFrame } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { decodingOf } from "./decoding.ts";
import type { Draft, Drafter } from "./drafter.ts";
import { HostDriver, type HostEvent } from "./host-driver.ts";
import { StageDriver } from "./stage-driver.ts";

/** One stage that passes rows through, and a model that counts up. */
function countingRing(drafter: Drafter) {
  const events: HostEvent[] = [];
  const failures: unknown[] = [];
  let finish = () => {};
  const finished = new Promise<unknown>((resolve) => (finish = () => resolve(null)));
  const toStage: RowsFrame[] = [];
  const stage = new StageDriver(
    { index: 0, last: true, epoch: 1 },
    {
      stage: {
        forward: (x) => Promise.resolve({ result: x, computeMs: 1 }),
        skip: () => undefined,
        apply: () => undefined,
      },
      wire: "f32",
      pass: (frame: Frame) => (frame.kind === "return" || frame.kind === "ack") && host.receive(frame),
      soon: queueMicrotask,
      nowMs: () => 0,
      failed: (error) => failures.push(error),
    },
  );
  const host: HostDriver = new HostDriver({
    embedding: (ids) => ({ wire: "f32", rows: ids.length, hidden: 1, data: Float32Array.from(ids) }),
    head: {
      score: ({ data }, policies) => {
        const result = policies.map((_, row) => {
          const chosen = (data[row] ?? 0) + 1;
          return { row, chosen, best: [{ id: chosen, logProb: 0 }], asked: [], entropy: 0 };
        });
        return Promise.resolve({ result, computeMs: 1 });
      },
    },
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
    failed: (error) => failures.push(error),
    drafters: [drafter],
    drafterFailed: (name, error) => failures.push(`${name}: ${String(error)}`),
  });
  const decoding = decodingOf({ strategy: "window", drafters: [drafter.name] }, 1);
  host.ringReady({ epoch: 1, chunkRows: () => 8, maxInFlight: 1, capacity: 100, arenas: 1, decoding }, "f32");
  host.submit({
    id: "a",
    conversation: "one",
    ids: Int32Array.of(0),
    maxTokens: 12,
    policy: { temperature: 0, topP: 1, topK: 0, seed: 1 },
    stopIds: [],
  });
  const text = () => events.flatMap((event) => (event.kind === "token" ? [event.token] : []));
  return { finished, failures, text, toStage };
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
