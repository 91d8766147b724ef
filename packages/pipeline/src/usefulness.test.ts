import { expect, it } from "vitest";
import { Usefulness } from "./usefulness.ts";

const asked = (usefulness: Usefulness) =>
  Array.from({ length: 64 }, (_, position) => usefulness.isWorthAsking(position)).filter(Boolean).length;

it("a drafter that is hardly ever right is asked seldom, and always again once it is", () => {
  const usefulness = new Usefulness();
  expect(asked(usefulness)).toBe(64);
  for (let i = 0; i < 40; i++) usefulness.judge(i % 20 === 0);
  expect(asked(usefulness)).toBe(8);
  for (let i = 0; i < 20; i++) usefulness.judge(i % 2 === 0);
  expect(asked(usefulness)).toBe(64);
});

it("one that is right at every third place is always asked", () => {
  const usefulness = new Usefulness();
  for (let i = 0; i < 500; i++) {
    expect(usefulness.isWorthAsking(i)).toBe(true);
    usefulness.judge(i % 3 === 0);
  }
});
