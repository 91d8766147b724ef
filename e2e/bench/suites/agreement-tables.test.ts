import { expect, it } from "vitest";
import { COLUMNS, linesOf, pairs } from "./agreement-tables.ts";

it("has a line for each prompt: what was measured and foretold in the mean, how far off the runs were, and the farthest", () => {
  const one = (id: string, tokens: number, prefillMsPerToken: number, decodeMsPerToken: number) => {
    return { id, ids: Array<number>(tokens).fill(0), prefillMsPerToken, decodeMsPerToken };
  };
  const first = pairs([one("a", 64, 11, 20), one("b", 864, 5, 30)], [one("a", 64, 10, 20), one("b", 864, 5, 40)]);
  const second = pairs([one("a", 64, 9, 20)], [one("a", 64, 12, 25), one("c", 1, 1, 1)]);
  const lines = linesOf("1 donor", [...first, ...second]);
  expect(lines).toEqual([
    ["1 donor", "64", "11.00", "10.00", "17.5 % (25.0 %)", "22.50", "20.00", "10.0 % (20.0 %)"],
    ["1 donor", "864", "5.00", "5.00", "0.0 %", "40.00", "30.00", "25.0 %"],
  ]);
  expect(COLUMNS).toHaveLength(lines[0]!.length);
});
