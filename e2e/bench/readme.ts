/** README's tables come from a report, between markers that name a suite: no figure is typed by hand. */
import { machineLine, suiteTable, type Report } from "./report.ts";

const MARKERS = /<!-- bench (\S+) -->[^]*?<!-- \/bench -->/g;

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
