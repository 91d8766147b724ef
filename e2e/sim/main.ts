import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { factsOf } from "../ring/model-facts.ts";
import { readJson } from "../ring/run.ts";
import { parse, Scenario, ScenarioError } from "../ring/scenario.ts";
import { checkWritable, summary, writePictures } from "../ring/summary.ts";
import { comparison, idealCollectives } from "./paper-tables.ts";
import { idealCells, Paper, predictAll } from "./paper.ts";
import { agreement, TimedReport } from "./agreement.ts";
import { chunksTable, chunkStudy } from "./chunks.ts";
import { decodingStudy, decodingTables } from "./decoding.ts";
import { asMeasured, MeasuredReport } from "./measured-costs.ts";
import { runSimulation } from "./run-sim.ts";
import { taskStudy, taskTable } from "./task.ts";

const HELP = `npm run sim -- SCENARIO [OPTIONS]
npm run sim -- paper | chunks | decoding | task

  SCENARIO    a scenario file (e2e/ring/scenario.schema.json; examples in e2e/bench/scenarios) whose devices say what they take
  paper       the published evaluation of Jupiter beside the prediction of every cell
  chunks      prompts cut by the planner beside the best that is possible, and one device
  decoding    ways of decoding beside the plain one, on recorded answers
  task        the paper's task: 260 tokens of a question, 64 shown ones, on recorded answers
  --measured REPORT   devices, links and layers as a run of npm run ring (--json) measured them, instead of the scenario's
  --against REPORT    compare with what such a run took for the cases of the same names
  --json OUT  write {run, cases} here, as npm run ring does
  --svg OUT   draw who computed what when; with several cases, a file each
  --help      this text
`;

// npm runs this in the project's folder, wherever the user stands.
const folder = process.env["INIT_CWD"] ?? process.cwd();

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseFlags();
  const [what] = positionals;
  if (values.help === true) console.log(HELP);
  else if (what === undefined || positionals.length > 1)
    throw new ScenarioError("One scenario file, paper, chunks, decoding or task. See npm run sim -- --help.");
  else if (what === "paper") printPaper();
  else if (what === "chunks") console.log(chunksTable(chunkStudy()));
  else if (what === "decoding") console.log(decodingTables(await decodingStudy()));
  else if (what === "task") console.log(taskTable(await taskStudy()));
  else await simulateFile(what, values);
}

interface Paths {
  readonly json?: string;
  readonly svg?: string;
  readonly measured?: string;
  readonly against?: string;
}

async function simulateFile(what: string, paths: Paths): Promise<void> {
  for (const flag of ["json", "svg"] as const) {
    const path = paths[flag];
    if (path !== undefined) checkWritable(flag, resolve(folder, path));
  }
  const say = (message: string) => console.error(message);
  const written = parse(Scenario, readJson(resolve(folder, what)), what);
  const { measured, against } = paths;
  const scenario =
    measured === undefined
      ? written
      : asMeasured(
          written,
          parse(MeasuredReport, readJson(resolve(folder, measured)), measured),
          (await factsOf(written, folder, say)).D,
        );
  const result = await runSimulation(scenario, { folder, say });
  console.log(summary(result));
  if (against !== undefined) {
    const report = parse(TimedReport, readJson(resolve(folder, against)), against);
    console.log(`\n${agreement(result.cases, report.cases, report.run.source)}`);
  }
  if (paths.json !== undefined) writeFileSync(resolve(folder, paths.json), JSON.stringify(result, null, 1));
  if (paths.svg !== undefined) writePictures(result, resolve(folder, paths.svg));
}

function parseFlags() {
  try {
    return parseArgs({
      options: {
        ...{ json: { type: "string" }, svg: { type: "string" } },
        ...{ measured: { type: "string" }, against: { type: "string" } },
        help: { type: "boolean" },
      },
      allowPositionals: true,
    });
  } catch (error) {
    const [message = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new ScenarioError(`${message.replace(/\.$/, "")}. See npm run sim -- --help.`);
  }
}

function printPaper(): void {
  const file = new URL("../bench/scenarios/paper.json", import.meta.url);
  const paper = parse(Paper, JSON.parse(readFileSync(file, "utf8")), "paper.json");
  const cells = predictAll(paper);
  console.log(comparison(paper, cells));
  console.log(`\n${idealCollectives(idealCells(paper, cells))}`);
}
