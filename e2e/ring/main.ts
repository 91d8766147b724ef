import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HELP, parseFlags } from "./flags.ts";
import { readJson, runScenario } from "./run.ts";

// npm runs this in the project's folder, wherever the user stands.
const folder = process.env["INIT_CWD"] ?? process.cwd();

try {
  const { help, json, scenario } = parseFlags(process.argv.slice(2), (path) => readJson(resolve(folder, path)));
  if (help || scenario === null) {
    console.log(HELP);
  } else {
    // Not only after minutes of work.
    if (json !== null) accessSync(dirname(resolve(folder, json)), constants.W_OK);
    const result = await runScenario(scenario, { folder, say: (message) => console.error(message) });
    if (json === null) for (const { id, text } of result.cases) console.log(`\n== ${id}\n${text}`);
    else writeFileSync(resolve(folder, json), JSON.stringify(result, null, 1));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
