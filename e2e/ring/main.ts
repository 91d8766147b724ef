import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HELP, parseFlags } from "./flags.ts";
import { readJson, runScenario } from "./run.ts";
import { ScenarioError } from "./scenario.ts";

// npm runs this in the project's folder, wherever the user stands.
const folder = process.env["INIT_CWD"] ?? process.cwd();

try {
  const { help, json, scenario } = parseFlags(process.argv.slice(2), (path) => readJson(resolve(folder, path)));
  if (help || scenario === null) {
    console.log(HELP);
  } else {
    if (json !== null) checkWritable(resolve(folder, json));
    const result = await runScenario(scenario, { folder, say: (message) => console.error(message) });
    if (json === null) for (const { id, text } of result.cases) console.log(`\n== ${id}\n${text}`);
    else writeFileSync(resolve(folder, json), JSON.stringify(result, null, 1));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** Before minutes of work, not after. */
function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new ScenarioError(`--json ${file}: its folder is not there or cannot be written to.`, { cause });
  }
}
