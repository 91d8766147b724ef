import { expect, it } from "vitest";
import { secondsLeft } from "./time-left.ts";

it("goes by the pace since the download began, and says nothing before there is one", () => {
  const start = { bytes: 10e6, atMs: 5000 };
  expect(secondsLeft(start, { bytes: 30e6, atMs: 9000 }, 80e6)).toBeCloseTo(10);
  expect(secondsLeft(start, { bytes: 80e6, atMs: 9000 }, 80e6)).toBe(0);
  expect(secondsLeft(start, { bytes: 11e6, atMs: 5100 }, 80e6)).toBeNull();
  expect(secondsLeft(start, { bytes: 10e6, atMs: 60_000 }, 80e6)).toBeNull();
});

it("until then by the usual pace, if one is known; not when nothing comes", () => {
  const start = { bytes: 0, atMs: 5000 };
  expect(secondsLeft(start, { bytes: 0, atMs: 5000 }, 80e6, 10_000)).toBeCloseTo(8);
  expect(secondsLeft(start, { bytes: 20e6, atMs: 9000 }, 80e6, 10_000)).toBeCloseTo(12);
  expect(secondsLeft(start, { bytes: 0, atMs: 9000 }, 80e6, 10_000)).toBeNull();
});
