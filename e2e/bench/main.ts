/** `npm run bench`: suites of measurements in real tabs and on paper, beside peers and baselines, as tables, JSON and a page. */
import { cpus, release, totalmem, type } from "node:os";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright";
import { launchChromium } from "../chromium.ts";
import { complain, stopOnInterrupt } from "../commands.ts";
import { readJson } from "../ring/run.ts";
import { parse } from "../ring/scenario.ts";
import { checkWritable } from "../ring/summary.ts";
import { TabRoom } from "../ring/tabs.ts";
import { adapterOf } from "./adapter.ts";
import { comparison } from "./compare.ts";
import { expectedMinutes, help, parseFlags, USUAL_DRAFT, type BenchCommand } from "./flags.ts";
import { paceMs } from "./pace.ts";
import { page } from "./page.ts";
import { Progress } from "./progress.ts";
import { onlyInReadme, withTables } from "./readme.ts";
import { Report, suiteTable, tables, type SuiteReport } from "./report.ts";
import type { Suite, SuiteContext } from "./suite.ts";
import { suites, USUAL } from "./suites/index.ts";

// npm runs this in the project's folder, wherever the user stands.
const folder = process.env["INIT_CWD"] ?? process.cwd();
const readmePath = fileURLToPath(new URL("../../README.md", import.meta.url));
const readmeReportPath = fileURLToPath(new URL("readme.json", import.meta.url));

try {
  const command = parseFlags(process.argv.slice(2), suites, USUAL);
  if (command.kind === "help") console.log(help(suites, USUAL));
  else if (command.kind === "compare") console.log(comparison(read(command.before), read(command.after)));
  else if (command.kind === "readme") fillReadme(read(command.report));
  else await runAll(command);
} catch (error) {
  complain(error);
}

function read(path: string): Report {
  return parse(Report, readJson(resolve(folder, path)), path);
}

function fillReadme(report: Report): void {
  const text = readFileSync(readmePath, "utf8");
  const filled = withTables(text, report);
  writeFileSync(readmePath, filled);
  writeFileSync(readmeReportPath, `${JSON.stringify(onlyInReadme(text, report), null, 1)}\n`);
  console.log("README.md and e2e/bench/readme.json are written; npm run format lays them out.");
}

async function runAll(command: BenchCommand): Promise<void> {
  const { full, rounds, model, draft, cases } = command;
  const pathOf = (path: string | null) => (path === null ? null : resolve(folder, path));
  const options = { model, draft, cases, questions: pathOf(command.questions) };
  const outputs = { json: pathOf(command.json), html: pathOf(command.html) };
  for (const [flag, path] of Object.entries(outputs)) if (path !== null) checkWritable(flag, path);
  for (const { check } of command.suites) check?.(options);
  const parts = command.suites.map((suite) => ({ name: suite.name, minutes: expectedMinutes(suite, full, rounds) }));
  const progress = new Progress(parts);
  const ended: SuiteReport[] = [];
  const kept = Object.values(outputs).filter((path) => path !== null);
  stopOnInterrupt(() =>
    ended.length > 0 && kept.length > 0 ? `The suites that had ended are in ${kept.join(" and ")}.` : "",
  );
  await using browser = await launchChromium();
  const report: Report = {
    version: 1,
    date: new Date().toISOString(),
    form: full ? "full" : "sampled",
    rounds,
    options: optionsOf(command),
    ...(await machineFacts(browser)),
    suites: ended,
  };
  for (const [index, suite] of command.suites.entries()) {
    const say = (text: string, share: number) => {
      progress.at(index, share);
      console.error(progress.line(text));
    };
    const done = await tried(suite, { browser, rounds, full, ...options, say });
    if (done === null) continue;
    console.error(`\n${suiteTable(done)}\n`);
    ended.push(done);
    // After each suite: what fails or is stopped later takes none of this along.
    if (outputs.json !== null) writeFileSync(outputs.json, JSON.stringify(report, null, 1));
    if (outputs.html !== null) writeFileSync(outputs.html, page(report));
  }
  if (ended.length > 0) console.log(tables(report));
}

async function machineFacts(browser: Browser): Promise<Pick<Report, "machine" | "versions">> {
  await using room = await TabRoom.open({ models: [], donors: 0, browser });
  return {
    machine: {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      cores: cpus().length,
      memoryBytes: totalmem(),
      system: `${type()} ${release()}`,
      browser: browser.version(),
      node: process.versions.node,
      gpu: await machineGpu(),
    },
    versions: await room.host.evaluate(() => globalThis.jupiterHarness!.versions),
  };
}

/** That differ from the usual ones. */
function optionsOf({ model, draft, cases, questions }: BenchCommand): Readonly<Record<string, string>> {
  return {
    ...(model === null ? {} : { model }),
    ...(draft === USUAL_DRAFT ? {} : { draft }),
    ...(cases === null ? {} : { cases: cases.join() }),
    ...(questions === null ? {} : { questions: basename(questions) }),
  };
}

async function machineGpu(): Promise<string | null> {
  await using browser = await launchChromium([], "machine");
  return await adapterOf(browser);
}

/** Null: it failed, and that is told; of many suites the others are still wanted. */
async function tried(suite: Suite, context: SuiteContext): Promise<SuiteReport | null> {
  try {
    return await timed(suite, context);
  } catch (error) {
    console.error(`\n${suite.name} failed:`);
    complain(error);
    return null;
  }
}

async function timed(suite: Suite, context: SuiteContext): Promise<SuiteReport> {
  const beganMs = performance.now();
  // Its first time it is compiled.
  paceMs();
  const pace = [paceMs()];
  const say: typeof context.say = (text, share) => {
    pace.push(paceMs());
    context.say(text, share);
  };
  const { rows, floor, notes, tables: more = [] } = await suite.run({ ...context, say });
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  return { name: suite.name, about: suite.about, floor, notes, seconds, paceMs: pace, rows, tables: more };
}
