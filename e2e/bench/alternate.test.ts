import { expect, it } from "vitest";
import { alternate, toldTurns } from "./alternate.ts";

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
  await alternate(contenders, { rounds: 2, ended: () => undefined });
  expect(turns.join("")).toBe("abca" + "acba" + "abca");
});

it("throws the first round away and keeps a value a round", async () => {
  let ms = 100;
  const { of } = await alternate([contender("b", []), contender("a", [], () => ms--)], {
    rounds: 3,
    ended: () => undefined,
  });
  expect(of("a", "ms")).toEqual([99, 98, 97]);
  expect(of("a", "laps")).toEqual([]);
});

it("tells of every turn as it ends", async () => {
  const told: string[] = [];
  const options = toldTurns(1, (text, share) => told.push(`${text} ${share.toFixed(2)}`));
  await alternate([contender("b", []), contender("a", [])], options);
  expect(told).toEqual([
    "warming up, b 0.17",
    "warming up, a 0.33",
    "warming up, b 0.50",
    "round 1 of 1, b 0.67",
    "round 1 of 1, a 0.83",
    "round 1 of 1, b 1.00",
  ]);
});

it("says how far the same thing was from itself in the middle of the rounds", async () => {
  const values = [50, 7, 10, 11, 20, 19, 10, 14];
  const { floor } = await alternate([contender("a", [], () => values.shift()!)], { rounds: 3, ended: () => undefined });
  expect(floor).toBeCloseTo(0.1);
});
