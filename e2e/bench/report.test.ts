import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { comparison, differences } from "./compare.ts";
import { page } from "./page.ts";
import { typedByHand, withTables } from "./readme.ts";
import { Report, type SuiteReport } from "./report.ts";
import { row } from "./row.ts";

const facts = { source: "real", better: "less", unit: "ms" } as const;

function reportOf(rows: SuiteReport["rows"], floor: number | null = 0.02): Report {
  const machine = {
    cpu: "a <fast> one",
    cores: 2,
    memoryBytes: 8e9,
    system: "Linux",
    browser: "1",
    node: "20",
    gpu: null,
  };
  const suite = { name: "single", about: "One tab", floor, notes: ["A note."], seconds: 3, rows, tables: [] };
  return {
    version: 1,
    date: "2026-01-02T03:04:05Z",
    form: "sampled",
    rounds: 3,
    machine,
    versions: {},
    suites: [suite],
  };
}

it("is what its schema says", () => {
  const report = reportOf([row({ ...facts, name: "a" }, [1, 2, 3])]);
  expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

it("the published schema is the one that is read", () => {
  const published: unknown = JSON.parse(readFileSync(new URL("./report.schema.json", import.meta.url), "utf8"));
  expect(published).toEqual(z.toJSONSchema(Report, { io: "input" }));
});

it("a difference inside the noise is none: the floor, or how far a row's own values are apart", () => {
  const before = reportOf([
    row({ ...facts, name: "calm" }, [100, 100, 100]),
    row({ ...facts, name: "wild" }, [90, 100, 130]),
    row({ ...facts, name: "gone" }, [1]),
    row({ ...facts, name: "rate", better: "more" }, [10]),
    row({ ...facts, name: "bytes", better: "same" }, [1000]),
  ]);
  const after = reportOf([
    row({ ...facts, name: "calm" }, [103, 103, 103]),
    row({ ...facts, name: "wild" }, [125, 125, 125]),
    row({ ...facts, name: "rate", better: "more" }, [12]),
    row({ ...facts, name: "bytes", better: "same" }, [1001]),
  ]);
  const verdicts = differences(before, after).map(({ name, verdict }) => [name, verdict]);
  expect(verdicts).toEqual([
    ["calm", "worse"],
    ["wild", "none"],
    ["rate", "better"],
    ["bytes", "changed"],
  ]);
  expect(comparison(differences(before, after))).toContain("3 of 4 rows (75.0 %) differ by more than their noise.");
});

it("puts a suite's table between its markers and leaves the others as they are", () => {
  const report = reportOf([row({ ...facts, name: "decode" }, [12, 11, 13])]);
  const text = "a\n<!-- bench single -->\nold\n<!-- /bench -->\nb\n<!-- bench other -->\nkept\n<!-- /bench -->\n";
  const written = withTables(text, report);
  expect(written).toContain("| decode | 12.0 ms | 11.0 to 13.0 | real |");
  expect(written).not.toContain("old");
  expect(written).toContain("kept");
  expect(withTables(written, report)).toBe(written);
  expect(() => withTables("no markers", report)).toThrow(/README needs lines/);
});

it("tables of words stand below a suite's figures, in Markdown and on the page, and take no text for markup", () => {
  const report = reportOf([row({ ...facts, name: "a" }, [1])]);
  const tables = [{ title: "Words", columns: ["who", "what"], lines: [["x|y", "<b>z"]] }];
  const [suite] = report.suites;
  if (suite === undefined) throw new Error("the report has a suite");
  const more = { ...report, suites: [{ ...suite, tables }] };
  expect(withTables("<!-- bench single -->\n<!-- /bench -->", more)).toContain(
    "Words:\n\n| who | what |\n|---|---|\n| x\\|y | <b>z |",
  );
  expect(page(more)).toContain("<h3>Words</h3><table><tr><th>who<th>what</tr><tr><td>x|y<td>&lt;b>z</table>");
});

it("what is counted of so many is shown as a whole number", () => {
  const counted = row({ ...facts, name: "worse", unit: "of 18 answers" }, [7]);
  expect(withTables("<!-- bench single -->\n<!-- /bench -->", reportOf([counted]))).toContain("| 7 of 18 answers |");
});

it("a report of before there were such tables is still read", () => {
  const report = reportOf([row({ ...facts, name: "a" }, [1])]);
  const old = { ...report, suites: report.suites.map(({ tables: _, ...suite }) => suite) };
  expect(Report.parse(old)).toEqual(report);
});

it("the page needs nothing else, and takes no text for markup", () => {
  const html = page(reportOf([row({ ...facts, name: 'x" <script>' }, [1, 2, 3]), row({ ...facts, name: "y" }, [0])]));
  expect(html).not.toMatch(/<script|src=|href=|url\(/);
  expect(html).toContain("a &lt;fast> one");
});

it.each([
  "12 ms",
  "12.5 ms/token",
  "3 s",
  "2 seconds",
  "3.3 times",
  "11×",
  "5 %",
  "80 tok/s",
  "9 tokens a second",
  "1.2 tokens a lap",
])("knows that %s is a measured figure", (figure) => {
  expect(typedByHand(`It takes ${figure}.`)).toHaveLength(1);
  expect(typedByHand(`<!-- bench single -->\n${figure}\n<!-- /bench -->`)).toEqual([]);
});

it("README has no measured figure but those of a report", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(typedByHand(readme)).toEqual([]);
});
