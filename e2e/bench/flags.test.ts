import { expect, it } from "vitest";
import { parseFlags } from "./flags.ts";
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

it.each([
  [["nothing"], "There is no suite nothing; there are all, "],
  [["--rounds", "0"], "--rounds: expected a number from 1 to 100, got 0."],
  [["--rouns", "3"], "See npm run bench -- --help."],
  [["compare", "a.json"], "compare takes two reports"],
])("%j is refused with what to write", (args, message) => {
  expect(() => parsed(...args)).toThrow(message);
});
