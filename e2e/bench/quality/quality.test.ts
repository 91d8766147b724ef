import { expect, it } from "vitest";
import { distinctShare, outlineFacts, worseIn, type AnswerFacts } from "./answers.ts";
import { readLabelled } from "./labelled.ts";
import { routerCounts } from "./router.ts";

it("a text's distinct groups of four words: case and marks do not count", () => {
  expect(distinctShare("One two three four five.")).toBe(1);
  expect(distinctShare("yes")).toBe(1);
  // Five words over and over: five groups of 17 differ.
  expect(distinctShare("a b c d e. A, b c d e! a b c d e; a b c d e")).toBeCloseTo(5 / 17);
});

it("points say the same where half of their words are the same, and each is counted once", () => {
  const sleep = "Sleep: going to bed early helps your body recover";
  const again = "Rest: going to bed early helps your body recover quickly";
  const food = "Food: vegetables and fruit have what muscles need";
  expect(outlineFacts([sleep, food, again, sleep])).toEqual({ points: 4, empty: 0, same: 2 });
  expect(outlineFacts([sleep, " ", food, ""])).toEqual({ points: 4, empty: 2, same: 0 });
});

it("says in what an answer got worse, and nothing where it did not", () => {
  const plain: AnswerFacts = { logProb: -0.5, tokens: 80, distinct: 0.9 };
  expect(worseIn(plain, plain, null)).toEqual([]);
  expect(worseIn(plain, { logProb: -0.55, tokens: 41, distinct: 0.87 }, { points: 3, empty: 0, same: 0 })).toEqual([]);
  const bad = { logProb: -0.61, tokens: 39, distinct: 0.84 };
  expect(worseIn(plain, bad, { points: 3, empty: 1, same: 1 })).toEqual([
    "less likely",
    "repeats itself",
    "short",
    "an empty point",
    "points say the same",
  ]);
});

it("precision and recall, also of a router that never or always says list", () => {
  const of = (text: string) =>
    Array.from(text).map((mark) => ({ isList: "+-".includes(mark), saidList: "+x".includes(mark) }));
  expect(routerCounts(of("+++x--...."))).toEqual({
    ...{ rightly: 3, wrongly: 1, missed: 2, spared: 4 },
    ...{ precision: 0.75, recall: 0.6 },
  });
  expect(routerCounts(of("--.."))).toMatchObject({ precision: 0, recall: 0 });
  expect(routerCounts(of("+xxx"))).toMatchObject({ precision: 0.25, recall: 1 });
});

it("the labelled questions are many, of many kinds, and each there once", () => {
  const all = readLabelled();
  expect(all.length).toBeGreaterThanOrEqual(160);
  for (const of of [({ id }: (typeof all)[0]) => id, ({ question }: (typeof all)[0]) => question])
    expect(new Set(all.map(of)).size).toBe(all.length);
  for (const label of ["A", "B", "C"]) expect(all.filter((one) => one.label === label).length).toBeGreaterThan(20);
});
