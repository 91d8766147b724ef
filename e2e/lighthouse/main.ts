/**
 * `npm run lighthouse`: Google's Lighthouse on the host's and the donor's page as people get them, with the phone and the network that it
 * imitates. Prints its scores; fails below 95. `--json FOLDER` keeps its reports.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { chromium } from "playwright";
import { spread } from "../bench/stats.ts";
import { launchChromium, launchOptions } from "../chromium.ts";
import { HostPerson, serve } from "../scenarios/people.ts";

/** Not a dependency: it brings a hundred packages that nothing else needs. The newest that runs on Node 20. */
const LIGHTHOUSE = "lighthouse@12.8.2";
const CATEGORIES = ["performance", "accessibility", "best-practices"] as const;
const LEAST = 95;
/** A page's performance varies with what else the machine does; of so many audits the median counts. */
const AUDITS = 3;
/** Chromium's trace of a page sometimes lacks its beginning, and Lighthouse then asks to be run again. */
const TRACE_FAILED = /NO_NAVSTART/;

interface Report {
  readonly categories: Readonly<Record<string, { readonly title: string; readonly score: number | null }>>;
  readonly audits: Readonly<Record<string, { readonly title: string; readonly displayValue?: string }>>;
}

const { values } = parseArgs({ options: { json: { type: "string" } } });
const folder = values.json === undefined ? mkdtempSync(join(tmpdir(), "jupiter-lighthouse-")) : resolve(values.json);
mkdirSync(folder, { recursive: true });
const server = await serve();
const pages = { host: server.url, donor: await invitation() };
console.log("| page | performance | accessibility | best practices | first, largest paint, blocked, shift |");
console.log("| ---- | ----------- | ------------- | -------------- | ------------------------------------ |");
for (const [page, url] of Object.entries(pages)) {
  const reports: Report[] = [];
  for (let nr = 1; nr <= AUDITS; nr++) reports.push(await audit(url, join(folder, `${page}-${nr}.json`)));
  const scores = CATEGORIES.map((category) => spread(reports.map((report) => scoreOf(report, category))).median);
  const figures = [
    "first-contentful-paint",
    "largest-contentful-paint",
    "total-blocking-time",
    "cumulative-layout-shift",
  ];
  const paints = figures.map((figure) => reports[0]?.audits[figure]?.displayValue ?? "not known").join(", ");
  console.log(`| ${[page, ...scores, paints].join(" | ")} |`);
  if (scores.some((score) => !(score >= LEAST))) process.exitCode = 1;
}
await server.close();
if (values.json === undefined) rmSync(folder, { recursive: true });
if (process.exitCode === 1) console.error(`Below ${LEAST}. \`--json FOLDER\` keeps the reports, which say why.`);

/** A link as a person gets it; its room is gone when it is audited, which a donor's page does not ask before Join. */
async function invitation(): Promise<string> {
  const browser = await launchChromium();
  try {
    return await (await HostPerson.open(browser, server)).invitation();
  } finally {
    await browser.close();
  }
}

async function audit(url: string, file: string): Promise<Report> {
  const args = [
    ...["--yes", LIGHTHOUSE, url, "--quiet", "--output=json", `--output-path=${file}`],
    `--only-categories=${CATEGORIES.join(",")}`,
    "--chrome-flags=--headless=new --no-sandbox --disable-background-networking --disable-component-update",
  ];
  const env = { ...process.env, CHROME_PATH: launchOptions.executablePath ?? chromium.executablePath() };
  const run = () => promisify(execFile)("npx", args, { env });
  const again = (error: unknown) => {
    if (!TRACE_FAILED.test(String(error))) throw error;
    console.error(`The trace of ${url} failed, once more…`);
    return run();
  };
  await run()
    .catch(again)
    .catch((error: unknown) => {
      throw new Error(
        `${LIGHTHOUSE} could not audit ${url}; it comes from the package registry. It said: ${String(error)}`,
      );
    });
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}

/** 0 to 100; NaN: not measured. */
function scoreOf({ categories }: Report, category: string): number {
  return Math.round((categories[category]?.score ?? NaN) * 100);
}
