/** README's tables come from a report, between markers that name a suite: no figure is typed by hand. */
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

/** `text` with the tables of the suites that the report has; the others stay. Throws where it has no markers. */
export function withTables(text: string, report: Report): string {
  if (!text.match(MARKERS))
    throw new Error(
      "README needs lines <!-- bench SUITE --> and <!-- /bench -->; the suite's table goes between them.",
    );
  return text.replace(MARKERS, (whole, name: string) => {
    const suite = report.suites.find((one) => one.name === name);
    return suite === undefined
      ? whole
      : `<!-- bench ${name} -->\n\n${machineLine(report)}\n\n${suiteTable(suite)}\n\n<!-- /bench -->`;
  });
}
