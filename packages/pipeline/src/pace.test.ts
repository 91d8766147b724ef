import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

it("is free when the slowest stage has taken everything that was sent", () => {
  const pace = new Pace();
  expect(pace.freeAtMs(5)).toBe(5);
  pace.sent(1, 10, 100);
  pace.sent(2, 20, 50);
  expect(pace.freeAtMs(30)).toBe(160);
  expect(pace.freeAtMs(170)).toBe(170);
  pace.sent(3, 200, 100);
  expect(pace.freeAtMs(200)).toBe(300);
});

it("does not wait for what was refuted, but for the frame that is being computed", () => {
  const pace = new Pace();
  for (const frame of [1, 2, 3]) pace.sent(frame, 0, 100);
  pace.refuted([1, 2], 40);
  expect(pace.freeAtMs(40)).toBe(200);
  pace.refuted([3], 50);
  expect(pace.freeAtMs(50)).toBe(100);
});

it("asks to be woken once, again when it was woken too early, and sooner when it will be free sooner", () => {
  const pace = new Pace();
  expect(pace.wakeAtMs(0)).toBeNull();
  pace.sent(1, 0, 100);
  pace.sent(2, 0, 100);
  expect(pace.wakeAtMs(1)).toBe(200);
  expect(pace.wakeAtMs(2)).toBeNull();
  pace.refuted([2], 3);
  expect(pace.wakeAtMs(3)).toBe(100);
  pace.woken();
  expect(pace.wakeAtMs(99)).toBe(100);
  expect(pace.wakeAtMs(100)).toBeNull();
});
