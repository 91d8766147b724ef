import { expect, it } from "vitest";
import { spread } from "./stats.ts";

it("gives the middle of an odd number of values, the mean of the two middle ones of an even number", () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, raw: [3, 1, 2] });
  expect(spread([4, 1, 2, 3]).median).toBe(2.5);
  expect(spread([]).median).toBeNaN();
});
