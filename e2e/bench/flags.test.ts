import { expect, it } from "vitest";
import { expectedMinutes, parseFlags } from "./flags.ts";
import { suites, USUAL } from "./suites/index.ts";

const parsed = (...args: string[]) => parseFlags(args, suites, USUAL);
const named = (...args: string[]) => {
  const command = parsed(...args);
  return command.kind === "run" ? command.suites.map(({ name }) => name) : [];
};

it("runs the usual suites, those that are named, or all", () => {
  expect(named()).toEqual(USUAL);
  expect(named("paper", "single")).toEqual(["single", "paper"]);
  expect(named("all")).toEqual(suites.map(({ name }) => name));
});

it("has more rounds in the long form, unless told", () => {
  expect(parsed("single")).toMatchObject({ rounds: 3, full: false });
  expect(parsed("single", "--full")).toMatchObject({ rounds: 5, full: true });
  expect(parsed("single", "--full", "--rounds", "7")).toMatchObject({ rounds: 7 });
});

it("expects more rounds to take longer, the one that warms up too", () => {
  const minutes = { sampled: 4, full: 12 };
  expect(expectedMinutes({ minutes }, false, 3)).toBe(4);
  expect(expectedMinutes({ minutes }, false, 7)).toBe(8);
  expect(expectedMinutes({ minutes }, true, 5)).toBe(12);
  expect(expectedMinutes({ minutes }, true, 1)).toBe(4);
});

it.each([
  [["nothing"], "There is no suite nothing; there are all, "],
  [["--rounds", "0"], "--rounds: expected a number from 1 to 100, got 0."],
  [["--rouns", "3"], "See npm run bench -- --help."],
  [["compare", "a.json"], "compare takes two reports"],
  [["compare", "a.json", "b.json", "--full"], "--full is for measuring; compare only reads reports."],
  [["readme"], "readme takes one report"],
])("%j is refused with what to write", (args, message) => {
  expect(() => parsed(...args)).toThrow(message);
});
