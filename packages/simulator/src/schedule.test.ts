import { describe, expect, it } from "vitest";
import {
  balancedLayers,
  fairShares,
  jupiter,
  oneDevice,
  plainPipeline,
  runSchedules,
  sequenceParallel,
  tensorParallel,
  type Schedule,
  type Task,
} from "./index.ts";

const layer = [{ fromRows: 1, floorMs: 4, rowMs: 1, pairMs: 0 }];
const task: Task = {
  L: 8,
  H: 8,
  rowBytes: 1000,
  promptTokens: 16,
  newTokens: 5,
  devices: Array.from({ length: 4 }, () => ({ layer })),
};
const run = (schedules: readonly Schedule[], mbitPerS = Infinity) =>
  runSchedules(schedules, {
    devices: schedules.map((_, i) => `device ${i}`),
    shapeOf: () => ({ mbitPerS }),
    mediumOf: () => null,
    seed: 1,
  });
const times = (schedules: readonly Schedule[], mbitPerS = Infinity) => {
  const { marks } = run(schedules, mbitPerS);
  return [marks.get("first token"), marks.get("last token")];
};
const whole = { floor: 0, row: 0 };
const parallel = { undivided: whole, shares: [0.25, 0.25, 0.25, 0.25], collectives: 2, overlaps: false } as const;

describe("without time on links", () => {
  it("one device and a plain pipeline take the same", () => {
    const expected = [8 * 20, 8 * 20 + 4 * 8 * 5];
    expect(times(oneDevice(task))).toEqual(expected);
    expect(times(plainPipeline(task, [2, 2, 2, 2]))).toEqual(expected);
  });

  it("equal chunks fill the pipeline; points grow side by side", () => {
    const drafting = { rows: 1, tokensPerLap: 1, outlineTokens: 1, points: 4 };
    const schedules = () => jupiter(task, [2, 2, 2, 2], { chunks: 4, suffixTokens: 0, drafting });
    const prefill = (4 + 3) * 2 * 8;
    // Four points, one token each: the last one three stages behind the first.
    expect(times(schedules())).toEqual([prefill, prefill + (4 + 3) * 2 * 5]);
    expect(run(schedules()).spans.filter(({ label }) => label === "point 3")).toHaveLength(4);
  });

  it("tensor and sequence parallelism divide the work, but for what they do not divide", () => {
    expect(times(tensorParallel(task, parallel))).toEqual([8 * 5, 8 * 5 + 4 * 8 * 1.25]);
    const half = tensorParallel(task, { ...parallel, undivided: { floor: 1, row: 0 } });
    expect(times(half)[0]).toBe(8 * (4 + 4));
    expect(times(tensorParallel(task, { ...parallel, overlaps: true }))[0]).toBe(8 * 5);
    expect(times(sequenceParallel(task))).toEqual([8 * 8, 8 * 8 + 4 * 8 * 5]);
  });
});

it("an all-reduce is 2 (N - 1) rounds of an Nth of the bytes; half as many collectives take half as long", () => {
  // 8 Mbit/s: 1000 bytes a millisecond.
  const none = [{ fromRows: 1, floorMs: 0, rowMs: 0, pairMs: 0 }];
  const nothing = { ...task, devices: task.devices.map(() => ({ layer: none })), newTokens: 1 };
  expect(times(tensorParallel(nothing, parallel), 8)[0]).toBeCloseTo(8 * 2 * 6 * 4);
  expect(times(tensorParallel(nothing, { ...parallel, collectives: 1 }), 8)[0]).toBeCloseTo(8 * 6 * 4);
  // Keys and values: 3 rounds each of 4 rows.
  expect(times(sequenceParallel(nothing), 8)[0]).toBeCloseTo(8 * 2 * 3 * 4, 0);
});

it("overlapping hides messages behind tiles", () => {
  const plain = times(tensorParallel(task, parallel), 80)[0]!;
  const overlapped = times(tensorParallel(task, { ...parallel, overlaps: true }), 80)[0]!;
  expect(overlapped).toBeLessThan(plain);
  expect(overlapped).toBeGreaterThanOrEqual(8 * 5);
});

it("uneven devices get layers and heads by their speed, at least one each", () => {
  const slow = [{ fromRows: 1, floorMs: 12, rowMs: 3, pairMs: 0 }];
  const uneven = { ...task, devices: [{ layer }, { layer }, { layer: slow }] };
  expect(balancedLayers(uneven, 16)).toEqual([4, 3, 1]);
  expect(fairShares(uneven, whole)).toEqual([4 / 8, 3 / 8, 1 / 8]);
});

it("a message that nobody sends is named", () => {
  expect(() => run([[], [{ kind: "receive", from: 0 }]])).toThrow("device 1 waits for a message of device 0");
});
