import { expect, it } from "vitest";
import { aboutTokens, isTooLong, mostTokens } from "./prompt-length.ts";

const asked = (content: string) => [{ role: "user" as const, content }];

it("bounds what any tokenizer makes of a text by its bytes, not its letters", () => {
  expect(mostTokens(asked("日本語"))).toBeGreaterThanOrEqual(9);
  expect(mostTokens([...asked("a".repeat(100)), ...asked("b".repeat(50))])).toBeGreaterThanOrEqual(150);
});

it("guesses in hundreds", () => {
  expect(aboutTokens(asked("word ".repeat(1000)))).toBe(1300);
  expect(aboutTokens(asked("Hi"))).toBe(0);
});

it("leaves room for an answer's first token", () => {
  expect(isTooLong({ tokens: 511, isExact: true }, 512)).toBe(false);
  expect(isTooLong({ tokens: 512, isExact: true }, 512)).toBe(true);
});
