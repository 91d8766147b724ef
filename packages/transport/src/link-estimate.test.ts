import { expect, it } from "vitest";
import { rateOf, roundTrips } from "./link-estimate.ts";

it("one echo that was held up changes neither median nor spread much", () => {
  expect(roundTrips([4])).toEqual({ medianMs: 4, spreadMs: 0 });
  expect(roundTrips([6, 4, 5, 7, 300])).toEqual({ medianMs: 6, spreadMs: 1 });
  expect(roundTrips([4, 8]).medianMs).toBe(6);
  expect(() => roundTrips([])).toThrow(RangeError);
});

it("the largest bursts say what a link carries, their median against what holds one up", () => {
  const slow = { sizeBytes: 1000, ms: 100 };
  const bursts = [slow, { sizeBytes: 9000, ms: 3 }, { sizeBytes: 9000, ms: 90 }, { sizeBytes: 9000, ms: 4 }];
  expect(rateOf(bursts)).toBe(2250);
  expect(rateOf([slow])).toBe(10);
  expect(() => rateOf([])).toThrow(RangeError);
});

it("a coarse clock makes no link infinitely fast", () => {
  expect(rateOf([{ sizeBytes: 1000, ms: 0 }])).toBe(10_000);
});
