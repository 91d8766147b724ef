import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { complain, stopOnInterrupt } from "../commands.ts";
import { HELP, parseFlags } from "./flags.ts";
import { readJson, runScenario } from "./run.ts";
import { checkWritable, summary, writePictures } from "./summary.ts";

// npm runs this in the project's folder, wherever the user stands.
const folder = process.env["INIT_CWD"] ?? process.cwd();

try {
  const { help, json, svg, scenario } = parseFlags(process.argv.slice(2), (path) => readJson(resolve(folder, path)));
  if (help || scenario === null) {
    console.log(HELP);
  } else {
    if (json !== null) checkWritable("json", resolve(folder, json));
    if (svg !== null) checkWritable("svg", resolve(folder, svg));
    stopOnInterrupt(() => "");
    const result = await runScenario(scenario, { folder, say: (message) => console.error(message) });
    if (json === null) for (const { id, text } of result.cases) console.log(`\n== ${id}\n${text}`);
    else writeFileSync(resolve(folder, json), JSON.stringify(result, null, 1));
    console.error(`\n${summary(result)}`);
    if (svg !== null) writePictures(result, resolve(folder, svg));
  }
} catch (error) {
  complain(error);
}
