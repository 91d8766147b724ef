import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { expect, it } from "vitest";
import { comparison, differences } from "./compare.ts";
import { page } from "./page.ts";
import { onlyInReadme, typedByHand, withTables } from "./readme.ts";
import { Report, type SuiteReport } from "./report.ts";
import { row } from "./row.ts";

const readmePath = fileURLToPath(new URL("../../README.md", import.meta.url));
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
  const suite = {
    name: "single",
    about: "One tab",
    floor,
    notes: ["A note."],
    seconds: 3,
    paceMs: [],
    rows,
    tables: [],
  };
  return {
    version: 1,
    date: "2026-01-02T03:04:05Z",
    form: "sampled",
    rounds: 3,
    options: {},
    machine,
    versions: {},
    suites: [suite],
  };
}

it("is what its schema says", () => {
  const report = reportOf([row({ ...facts, name: "a" }, [1, 2, 3])]);
  expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

it("a difference inside the noise is none: the floor, or what a row's own values are apart by chance; what no machine changes has none", () => {
  const before = reportOf([
    row({ ...facts, name: "calm" }, [100, 100, 100]),
    row({ ...facts, name: "wild" }, [90, 100, 130]),
    row({ ...facts, name: "gone" }, [1]),
    row({ ...facts, name: "rate", better: "more" }, [10, 10]),
    row({ ...facts, name: "bytes", better: "same", values: "exact" }, [1000]),
  ]);
  const after = reportOf([
    row({ ...facts, name: "calm" }, [103, 103, 103]),
    row({ ...facts, name: "wild" }, [125, 125, 125]),
    row({ ...facts, name: "rate", better: "more" }, [12, 12]),
    row({ ...facts, name: "bytes", better: "same", values: "exact" }, [1001]),
  ]);
  const verdicts = differences(before, after).map(({ name, verdict }) => [name, verdict]);
  expect(verdicts).toEqual([
    ["calm", "worse"],
    ["wild", "none"],
    ["rate", "better"],
    ["bytes", "changed"],
  ]);
  expect(comparison(before, after)).toContain("3 of 4 rows (75.0 %) differ by more than their noise.");
});

it("items are compared each with itself, however far they are from one another", () => {
  const items = { ...facts, name: "questions", values: "items" } as const;
  const before = reportOf([row(items, [1, 10, 100])], null);
  const verdict = (raw: number[]) => differences(before, reportOf([row(items, raw)], null))[0]?.verdict;
  expect(verdict([1, 10, 100])).toBe("none");
  expect(verdict([2.1, 11, 100.9])).toBe("worse");
  expect(verdict([3, 10, 98])).toBe("none");
});

it("what is no more than the machine's own pace differs by is none, of what the machine's pace is in", () => {
  const paced = (raw: number[], paceMs: number[], source: "real" | "emulated" = "real") => {
    const report = reportOf([row({ ...facts, source, name: "a" }, raw)]);
    return { ...report, suites: report.suites.map((suite) => ({ ...suite, paceMs })) };
  };
  const before = paced([10, 10, 10], [5, 5, 5]);
  const verdict = (...after: Parameters<typeof paced>) => differences(before, paced(...after))[0]?.verdict;
  expect(verdict([13, 13, 13], [5, 5, 5])).toBe("worse");
  expect(verdict([13, 13, 13], [7, 7, 7])).toBe("none");
  expect(verdict([13, 13, 13], [7, 7, 7], "emulated")).toBe("worse");
  expect(verdict([20, 20, 20], [7, 7, 7])).toBe("worse");
  expect(comparison(before, paced([13, 13, 13], [7, 7, 7]))).toContain("single 1.40.");
});

it("of what was measured once nobody knows the noise, and of another unit it is another row", () => {
  const before = reportOf(
    [row({ ...facts, name: "once" }, [10]), row({ ...facts, name: "count", unit: "of 8" }, [3])],
    0.02,
  );
  const after = reportOf(
    [row({ ...facts, name: "once" }, [12]), row({ ...facts, name: "count", unit: "of 9" }, [4])],
    null,
  );
  expect(differences(before, after).map(({ name, verdict }) => [name, verdict])).toEqual([["once", "unknown"]]);
  expect(comparison(before, after)).toContain("1 more differ, by 20.0 % in the middle and 20.0 % at most");
});

it("takes no figure for one that is none", () => {
  expect(() => row({ ...facts, name: "none" }, [])).toThrow('"none" has no figure: []');
  expect(() => row({ ...facts, name: "none" }, [1, NaN])).toThrow('"none" has no figure: [1, NaN]');
});

it("says what else differs between two reports, and which rows only one has", () => {
  const before = reportOf([row({ ...facts, name: "both" }, [1]), row({ ...facts, name: "gone" }, [1])]);
  const after = reportOf([row({ ...facts, name: "both" }, [1])]);
  expect(comparison(before, before)).toBe("0 of 2 rows (0.0 %) differ by more than their noise.");
  const elsewhere = {
    ...after,
    rounds: 5,
    machine: { ...after.machine, browser: "2" },
    versions: { jupiter: "1.0.0" },
  };
  const [circumstances, only] = comparison(before, elsewhere).split("\n");
  expect(circumstances).toBe("Not the same circumstances: Chromium 1 and 2; rounds 3 and 5; jupiter none and 1.0.0.");
  expect(only).toBe("There only before: 1 of the rows, such as single: gone (ms).");
});

it("puts a suite's table between its markers and leaves the rest as it is", () => {
  const report = reportOf([row({ ...facts, name: "decode" }, [12, 11, 13])]);
  const text = "a\n<!-- bench single -->\nold\n<!-- /bench -->\nkept\n";
  const written = withTables(text, report);
  expect(written).toContain("| decode | 12.0 ms | 11.0 to 13.0 | real |");
  expect(written).not.toContain("old");
  expect(written).toContain("kept");
  expect(withTables(written, report)).toBe(written);
  expect(() => withTables("no markers", report)).toThrow(/README needs lines/);
  const more = `${text}<!-- bench other -->\n<!-- /bench -->\n`;
  expect(() => withTables(more, report)).toThrow("README has a table of other, which the report has not.");
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
  const readme = readFileSync(readmePath, "utf8");
  expect(typedByHand(readme)).toEqual([]);
});

it("README's tables are those of the report that is kept beside them", async () => {
  const readme = readFileSync(readmePath, "utf8");
  const kept = Report.parse(JSON.parse(readFileSync(new URL("./readme.json", import.meta.url), "utf8")));
  expect(onlyInReadme(readme, kept)).toEqual(kept);
  const options = await resolveConfig(readmePath);
  expect(await format(withTables(readme, kept), { ...options, filepath: readmePath })).toBe(readme);
});
