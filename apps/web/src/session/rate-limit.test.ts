import { expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

it("a burst, then the rate, then nothing more", () => {
  const limit = new RateLimit({ perSecond: 10, burst: 3 }, 0);
  expect([0, 0, 0, 0].map((ms) => limit.take(ms))).toEqual([true, true, true, false]);
});

it("a long silence allows one burst, no more", () => {
  const limit = new RateLimit({ perSecond: 10, burst: 3 }, 0);
  for (let ms = 100; ms <= 10_000; ms += 100) expect(limit.take(ms)).toBe(true);
  expect([1e6, 1e6, 1e6, 1e6].map((ms) => limit.take(ms))).toEqual([true, true, true, false]);
});
