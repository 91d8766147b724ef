/** `npm run record -- SCENARIO`: see HELP. */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { complain, orExplain } from "../commands.ts";
import { readJson, selectPrompts } from "../ring/run.ts";
import { parse, Scenario, ScenarioError, type Prompt, type ScenarioFields } from "../ring/scenario.ts";
import { recordTrace, type RecordedPart, type RecordedTrace } from "./record.ts";

const HELP = `npm run record -- SCENARIO [OPTIONS]

Records what a model says to a scenario's questions, and what a smaller model would have guessed of it, and writes the scenario's trace:
plain answers, and of questions that the page answers by points (--outline auto) router, outline and points, too. On wasm, the host alone.

  --cases ID,ID  only these; what the file has of others stays
  --model ID     qwen2.5-coder-1.5b-instruct: who answers
  --draft ID     qwen2.5-coder-0.5b-instruct: who guesses
  --out FILE     instead of the scenario's trace
`;

const folder = process.env["INIT_CWD"] ?? process.cwd();

try {
  const text = { type: "string" } as const;
  const options = { cases: text, model: text, draft: text, out: text, help: { type: "boolean" } } as const;
  const { values, positionals } = orExplain(() => parseArgs({ allowPositionals: true, options }), "npm run record");
  const [file] = positionals;
  if (values.help === true || file === undefined) {
    console.log(HELP);
  } else {
    const { cases } = values;
    const written = readJson(resolve(folder, file)) as ScenarioFields;
    const chosen = cases === undefined ? {} : { cases: cases.split(",") };
    const scenario = parse(Scenario, { ...written, ...chosen }, file);
    const out = values.out ?? scenario.trace;
    if (out === undefined) throw new ScenarioError(`${file} names no trace; say --out FILE.`);
    const path = resolve(folder, out);
    const { model = "qwen2.5-coder-1.5b-instruct", draft = "qwen2.5-coder-0.5b-instruct" } = values;
    const prompts = selectPrompts(scenario, folder).map((prompt) => ({ tokens: scenario.tokens, ...prompt }));
    const trace = await recordTrace({ prompts, model, draft, say: (message) => console.error(message) });
    const before = cases === undefined || !existsSync(path) ? [] : (readJson(path) as RecordedTrace).cases;
    writeFileSync(
      path,
      textOf({
        ...trace,
        cases: inOrder([...before, ...trace.cases], selectPrompts(parse(Scenario, written, file), folder)),
      }),
    );
  }
} catch (error) {
  complain(error);
}

/** Of each question's recordings the last one, in the order of the questions. */
function inOrder(parts: readonly RecordedPart[], prompts: readonly Prompt[]): readonly RecordedPart[] {
  return prompts.flatMap(({ id }) => {
    const own = parts.filter(({ question }) => question === id);
    return own.slice(own.findLastIndex(({ part }) => part === "plain"));
  });
}

/** A part a line. */
function textOf({ cases, ...about }: RecordedTrace): string {
  const lines = cases.map((part) => JSON.stringify(part)).join(",\n");
  return `${JSON.stringify(about).slice(0, -1)},"cases":[\n${lines}\n]}\n`;
}
