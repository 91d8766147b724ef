import { expect, it } from "vitest";
import { parseFlags } from "./flags.ts";

it("has a usual run, and takes flags over it", () => {
  expect(parseFlags([])).toEqual({ answers: 200, donors: 3, tokens: 48, seed: 1, draft: "lookup" });
  expect(parseFlags(["--answers", "20", "--draft", "none"])).toMatchObject({ answers: 20, donors: 3, draft: "none" });
});

it("asked for help it runs nothing", () => {
  expect(parseFlags(["--help", "--answers", "20"])).toBeNull();
});

it.each([
  [["--answers", "3"], '--answers takes a whole number from 10 to 100000, not "3"'],
  [["--donors", " "], "--donors takes a whole number"],
  [["--tokens", "many"], '--tokens takes a whole number from 1 to 512, not "many"'],
  [["--answer", "20"], "See npm run soak -- --help."],
])("%j is refused with what to write", (args, message) => {
  expect(() => parseFlags(args)).toThrow(message);
});
