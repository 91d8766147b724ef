import { expect, it } from "vitest";
import { Progress } from "./progress.ts";

const parts = [
  { name: "single", minutes: 3 },
  { name: "scaling", minutes: 9 },
];

it("reckons with what was expected until a tenth is done, then with the pace of this machine", () => {
  let nowMs = 0;
  const progress = new Progress(parts, () => nowMs);
  expect(progress.line("opening")).toBe("[------------------------] single, 12 minutes left: opening");
  nowMs = 6 * 60_000;
  progress.at(1, 0);
  expect(progress.line("round 1")).toBe("[######------------------] scaling, 18 minutes left: round 1");
  progress.at(1, 1);
  expect(progress.line("written")).toBe("[########################] scaling, 0 minutes left: written");
});
