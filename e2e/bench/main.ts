/** `npm run bench`: suites of measurements in real tabs and on paper, beside peers and baselines, as tables, JSON and a page. */
import { cpus, release, totalmem, type } from "node:os";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { launchChromium } from "../chromium.ts";
import { complain } from "../commands.ts";
import { readJson } from "../ring/run.ts";
import { parse } from "../ring/scenario.ts";
import { checkWritable } from "../ring/summary.ts";
import { adapterOf } from "./adapter.ts";
import { comparison, differences } from "./compare.ts";
import { help, parseFlags, type BenchCommand } from "./flags.ts";
import { page } from "./page.ts";
import { Progress } from "./progress.ts";
import { withTables } from "./readme.ts";
import { Report, suiteTable, tables, type SuiteReport } from "./report.ts";
import type { Suite } from "./suite.ts";
import { openBenchRing } from "./suites/bench-ring.ts";
import { suites, USUAL } from "./suites/index.ts";

// npm runs this in the project's folder, wherever the user stands.
const folder = process.env["INIT_CWD"] ?? process.cwd();
const readmePath = fileURLToPath(new URL("../../README.md", import.meta.url));

try {
  const command = parseFlags(process.argv.slice(2), suites, USUAL);
  if (command.kind === "help") console.log(help(suites, USUAL));
  else if (command.kind === "compare") {
    const read = (path: string) => parse(Report, readJson(resolve(folder, path)), path);
    console.log(comparison(differences(read(command.before), read(command.after))));
  } else await runAll(command);
} catch (error) {
  complain(error);
}

async function runAll(command: BenchCommand): Promise<void> {
  const outputs = { json: command.json, html: command.html };
  for (const [flag, path] of Object.entries(outputs)) if (path !== null) checkWritable(flag, resolve(folder, path));
  const form = command.full ? "full" : "sampled";
  const progress = new Progress(command.suites.map(({ name, minutes }) => ({ name, minutes: minutes[form] })));
  await using browser = await launchChromium();
  const reports: SuiteReport[] = [];
  const facts = await machineFacts();
  for (const [index, suite] of command.suites.entries()) {
    const done = await timed(suite, {
      browser,
      rounds: command.rounds,
      full: command.full,
      model: command.model,
      draft: command.draft,
      cases: command.cases,
      questions: command.questions === null ? null : resolve(folder, command.questions),
      say(text, share) {
        progress.at(index, share);
        console.error(progress.line(text));
      },
    });
    console.error(`\n${suiteTable(done)}\n`);
    reports.push(done);
  }
  const report: Report = {
    version: 1,
    date: new Date().toISOString(),
    form,
    rounds: command.rounds,
    ...facts,
    suites: reports,
  };
  if (command.json !== null) writeFileSync(resolve(folder, command.json), JSON.stringify(report, null, 1));
  if (command.html !== null) writeFileSync(resolve(folder, command.html), page(report));
  if (command.readme) writeFileSync(readmePath, withTables(readFileSync(readmePath, "utf8"), report));
  console.log(tables(report));

  async function machineFacts(): Promise<Pick<Report, "machine" | "versions">> {
    await using ring = await openBenchRing(browser, 0);
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
      versions: await ring.room.host.evaluate(() => globalThis.jupiterHarness!.versions),
    };
  }
}

async function machineGpu(): Promise<string | null> {
  await using browser = await launchChromium([], "machine");
  return await adapterOf(browser);
}

async function timed(suite: Suite, context: Parameters<Suite["run"]>[0]): Promise<SuiteReport> {
  const beganMs = performance.now();
  const { rows, floor, notes, tables: more = [] } = await suite.run(context);
  const seconds = Math.round((performance.now() - beganMs) / 1000);
  return { name: suite.name, about: suite.about, floor, notes, seconds, rows, tables: more };
}
