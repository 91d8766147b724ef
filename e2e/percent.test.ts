import { expect, it } from "vitest";
import { percent } from "./percent.ts";

it("what rounds to nothing has no sign, what does not keeps it", () => {
  expect([percent(-0.004), percent(-0.0004, 1), percent(0)]).toEqual(["0 %", "0.0 %", "0 %"]);
  expect([percent(-0.006), percent(-0.0006, 1), percent(0.123, 1)]).toEqual(["-1 %", "-0.1 %", "12.3 %"]);
});
