/** README's tables come from a report, between markers that name a suite: no figure is typed by hand. */
import { ScenarioError } from "../ring/scenario.ts";
import { machineLine, suiteTable, type Report } from "./report.ts";

/** A number beside what times, speeds and shares are told in. */
const MEASURED = /\d[\d.,]*\s?(?:[mµn]?s|seconds?|times|×|%|tok(?:ens?)?(?:\/s| an? (?:second|lap)))(?![\p{L}\p{N}])/u;
const MARKERS = /<!-- bench (\S+) -->[^]*?<!-- \/bench -->/g;

/** Lines with a measured figure that no report put there. */
export function typedByHand(text: string): readonly string[] {
  return text
    .replace(MARKERS, "")
    .split("\n")
    .filter((line) => MEASURED.test(line));
}

/**
 * `text` with the report's tables between its markers. Throws `ScenarioError` where it has none, or where the report has not all the suites that they name:
 * all of README's tables come from one run.
 */
export function withTables(text: string, report: Report): string {
  const { suites } = onlyInReadme(text, report);
  const shown = new Map(suites.map((suite) => [suite.name, `${machineLine(report)}\n\n${suiteTable(suite)}`]));
  return text.replace(MARKERS, (_, name: string) => `<!-- bench ${name} -->\n\n${shown.get(name)!}\n\n<!-- /bench -->`);
}

/** The report with those suites alone that `text` has markers for. Throws as `withTables` does. */
export function onlyInReadme(text: string, report: Report): Report {
  const names = [...text.matchAll(MARKERS)].map(([, name]) => name);
  if (names.length === 0)
    throw new ScenarioError(
      "README needs lines <!-- bench SUITE --> and <!-- /bench -->; the suite's table goes between them.",
    );
  const missing = names.filter((name) => !report.suites.some((suite) => suite.name === name && suite.rows.length > 0));
  if (missing.length > 0)
    throw new ScenarioError(`README has a table of ${missing.join(" and of ")}, which the report has not.`);
  return { ...report, suites: report.suites.filter(({ name }) => names.includes(name)) };
}
