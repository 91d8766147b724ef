import { toWire } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { numbersOf, rowsOf } from "./numbered-rows.ts";

it.each([1, 3, 64])("numbers come through rows of %i values, in half precision too", (hidden) => {
  const numbers = [0, 255, 256, ...(hidden < 3 ? [2 ** 24 - 1] : [65_535, 151_935, 2 ** 24 - 1])];
  expect(numbersOf(rowsOf(numbers, hidden))).toEqual(numbers);
  if (hidden >= 3) expect(numbersOf(toWire(rowsOf(numbers, hidden), "f16"))).toEqual(numbers);
});
