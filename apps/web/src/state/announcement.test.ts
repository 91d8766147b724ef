import { expect, it } from "vitest";
import { sayableLength } from "./announcement.ts";

const TEXT = "The capital of France is Paris. It lies on the river Seine, in the north. And it";

it("tells whole sentences, and the rest when the answer is complete", () => {
  const said = sayableLength(TEXT, 0, false);
  expect(TEXT.slice(0, said)).toBe("The capital of France is Paris. It lies on the river Seine, in the north.");
  expect(sayableLength(TEXT, said, false)).toBe(said);
  expect(sayableLength(TEXT, said, true)).toBe(TEXT.length);
});

it("waits for a short sentence's neighbour, and for a point that may be a number's", () => {
  expect(sayableLength("Yes. It", 0, false)).toBe(0);
  expect(sayableLength("The number that you are looking for is about 3.", 0, false)).toBe(0);
});
