import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goesRound, MOST_READ } from "./circles.ts";

/** Words that differ from one another: no part of such a text comes twice in a row. */
const words = (minLength: number, maxLength: number) =>
  fc
    .uniqueArray(fc.nat({ max: 99_999 }), { minLength, maxLength })
    .map((numbers) => numbers.map((n) => `w${n.toString(36)}`).join(" "));
/** 60 to 700 letters. */
const blocks = words(20, 100).map((text) => `${text.padEnd(60, "z")}. `);

describe("an answer that goes round in circles", () => {
  it("ends with a block that comes four times or more", () => {
    fc.assert(
      fc.property(words(0, 400), blocks, fc.integer({ min: 4, max: 9 }), (before, block, times) => {
        expect(goesRound(`${before}\n\n${block.repeat(times)}`)).toBe(true);
      }),
    );
  });

  it("may be cut within the block, as where the longest answer ends", () => {
    fc.assert(
      fc.property(words(0, 400), blocks, fc.nat({ max: 700 }), (before, block, cut) => {
        expect(goesRound(`${before} ${block.repeat(4)}${block.slice(0, cut % block.length)}`)).toBe(true);
      }),
    );
  });

  it.each([
    [
      "a sentence",
      "The host and donor are the two sides of the coin, and the host and donor are the other coin. ".repeat(4),
    ],
    ["few words, for long", "I am here to help you. ".repeat(25)],
    [
      "points that say the same",
      Array.from({ length: 16 }, (_, i) => `${i + 1}. The sea is a place of great beauty.\n`).join(""),
    ],
    ["another script", "海はとても美しい場所であり、漁師は毎日そこへ出かける。".repeat(24)],
  ])("%s", (_, answer) => {
    expect(goesRound(`Once upon a time. ${answer}`)).toBe(true);
  });
});

describe("an answer that does not", () => {
  it("is text without a block that repeats", () => {
    fc.assert(
      fc.property(words(0, 900), (text) => {
        expect(goesRound(text)).toBe(false);
      }),
    );
  });

  it("went round before, and goes on with something else", () => {
    fc.assert(
      fc.property(blocks, words(10, 100), (block, after) => {
        expect(goesRound(`${block.repeat(6)}${after}`)).toBe(false);
      }),
    );
  });

  it.each([
    ["nothing", ""],
    ["a short one", "no no no"],
    ["a long no", `N${"o".repeat(200)}!`],
    [
      "a refrain, twice",
      "Row, row, row your boat, gently down the stream, merrily, merrily, life is but a dream.\n".repeat(2),
    ],
    [
      "a list",
      Array.from({ length: 60 }, (_, i) => `${i + 1}. The city of ${i.toString(36).repeat(3)} is large.\n`).join(""),
    ],
    ["a table", Array.from({ length: 40 }, (_, i) => `| ${i} | ${i * i} | yes |\n`).join("")],
    ["the rule below a table's head", `| a | b |\n${"| :--- ".repeat(100)}|`],
    ["a matrix of zeros", `\`\`\`python\na = [\n${"    [0, 0, 0, 0, 0, 0, 0, 0],\n".repeat(40)}`],
    ["a board of empty cells", `board = [\n${`    [${"None, ".repeat(7)}None],\n`.repeat(8)}]`],
    ["code", Array.from({ length: 40 }, (_, i) => `  { id: ${i}, name: "item", price: 10 },\n`).join("")],
  ])("%s", (_, answer) => {
    for (let end = 0; end <= answer.length; end++) expect(goesRound(answer.slice(0, end))).toBe(false);
  });
});

it("what stands before the letters that are read changes nothing", () => {
  fc.assert(
    fc.property(words(0, 50), blocks, fc.integer({ min: 1, max: 9 }), (text, block, times) => {
      const answer = `${"Far before. ".repeat(300)}${text} ${block.repeat(times)}`;
      expect(goesRound(answer)).toBe(goesRound(answer.slice(-MOST_READ)));
    }),
  );
});
