import { expect, it } from "vitest";
import { alternate } from "./alternate.ts";

function contender(name: string, turns: string[], ms: () => number = () => 1) {
  return {
    name,
    measure: () => {
      turns.push(name);
      return Promise.resolve({ ms: ms() });
    },
  };
}

it("takes turns, every second round the other way round, the first contender first and last in each", async () => {
  const turns: string[] = [];
  const contenders = ["a", "b", "c"].map((name) => contender(name, turns));
  await alternate(contenders, { rounds: 2, done: () => undefined });
  expect(turns.join("")).toBe("abca" + "acba" + "abca");
});

it("throws the first round away and keeps a value a round", async () => {
  let ms = 100;
  const rounds: number[] = [];
  const { of } = await alternate([contender("b", []), contender("a", [], () => ms--)], {
    rounds: 3,
    done: (round) => rounds.push(round),
  });
  expect(of("a", "ms")).toEqual([99, 98, 97]);
  expect(of("a", "laps")).toEqual([]);
  expect(rounds).toEqual([0, 1, 2, 3]);
});

it("says how far the same thing was from itself", async () => {
  const values = [50, 7, 10, 11, 20, 19];
  const { floor } = await alternate([contender("a", [], () => values.shift()!)], { rounds: 2, done: () => undefined });
  expect(floor).toBeCloseTo(0.1);
});
