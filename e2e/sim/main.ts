import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { complain, orExplain } from "../commands.ts";
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

const STUDIES = {
  paper: paperTables,
  chunks: () => chunksTable(chunkStudy()),
  decoding: async () => decodingTables(await decodingStudy()),
  task: async () => taskTable(await taskStudy()),
};

try {
  await main();
} catch (error) {
  complain(error);
}

async function main(): Promise<void> {
  const { values, positionals } = parseFlags();
  const [what] = positionals;
  if (values.help === true) console.log(HELP);
  else if (what === undefined || positionals.length > 1)
    throw new ScenarioError("One scenario file, paper, chunks, decoding or task. See npm run sim -- --help.");
  else if (Object.hasOwn(STUDIES, what)) {
    const [flag] = Object.keys(values);
    if (flag !== undefined) throw new ScenarioError(`--${flag} is for scenario files; ${what} only prints its tables.`);
    console.log(await STUDIES[what as keyof typeof STUDIES]());
  } else await simulateFile(what, values);
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
          await factsOf(written, folder, say),
        );
  const other = against === undefined ? null : parse(TimedReport, readJson(resolve(folder, against)), against);
  const result = await runSimulation(scenario, { folder, say });
  console.log(summary(result));
  if (other !== null) console.log(`\n${agreement(result.cases, other.cases, other.run.source)}`);
  if (paths.json !== undefined) writeFileSync(resolve(folder, paths.json), JSON.stringify(result, null, 1));
  if (paths.svg !== undefined) writePictures(result, resolve(folder, paths.svg));
}

function parseFlags() {
  const text = { type: "string" } as const;
  const options = { json: text, svg: text, measured: text, against: text, help: { type: "boolean" } } as const;
  return orExplain(() => parseArgs({ options, allowPositionals: true }), "npm run sim");
}

function paperTables(): string {
  const file = new URL("../bench/scenarios/paper.json", import.meta.url);
  const paper = parse(Paper, JSON.parse(readFileSync(file, "utf8")), "paper.json");
  const cells = predictAll(paper);
  return `${comparison(paper, cells)}\n\n${idealCollectives(idealCells(paper, cells))}`;
}
