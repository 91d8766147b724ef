import { expect, it } from "vitest";
import type { DecodingCase, Recorded } from "../../sim/decoding-cases.ts";
import { rowsOf, tablesOf, type Compared } from "./decoding-tables.ts";

const asked = (category: string): Recorded => ({ id: category, category, promptIds: [1], greedy: [2], draftTop: [[]] });
const caseOf = (name: string, sets: DecodingCase["sets"]): DecodingCase => ({
  ...{ name, title: name, sets },
  ...{ fields: {}, inTabs: null },
});
const [code, prose] = [asked("coding"), asked("writing")];
const plain = caseOf("plain", [[code]]);
const tree = caseOf("tree", [[code], [prose]]);
const two = caseOf("two", [[code, prose]]);

function ran(one: DecodingCase, set: readonly Recorded[], emulated: number, simulated: number, isLate = false) {
  return { one, asked: set, isLate, ...{ emulated: of(emulated), simulated: of(simulated) } } satisfies Compared;
}

function of(msPerToken: number) {
  return { msPerToken, laps: 3 };
}

const compared = [
  ran(plain, [code], 110, 100),
  ran(tree, [code], 22, 20),
  ran(tree, [prose], 55, 50, true),
  ran(two, [code, prose], 55, 44),
];

it("each side is as fast as its own plain decoding, and runs that were late are not counted as valid", () => {
  const [cases, kinds, runs] = tablesOf({ plain }, compared);
  expect(cases!.lines).toEqual([
    ["tree", "2", "1", "2.86", "2.60", "2.86", "9.1 %", "9.1 %"],
    ["two", "1", "1", "2.00", "1.82", "2.27", "20.0 %", "20.0 %"],
  ]);
  expect(kinds!.columns).toEqual(["", "all", "least", "coding", "writing"]);
  expect(kinds!.lines).toEqual([
    ["tree, emulated", "2.86", "2.00", "5.0", "2.0"],
    ["tree, simulated", "2.86", "2.00", "5.0", "2.0"],
  ]);
  expect(runs!.lines.map((line) => line.at(-1))).toEqual(["", "", "not valid", ""]);
  const rows = rowsOf({ plain }, compared);
  expect(rows.find(({ name }) => name === "tree: as fast as plain, least, emulated")?.median).toBe(2);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
});

it("there is no table of kinds where no answer is alone", () => {
  const titles = tablesOf({ plain }, [compared[0]!, compared[3]!]).map(({ title }) => title);
  expect(titles).toEqual([expect.stringContaining("emulated 110 ms"), "Every run"]);
});
