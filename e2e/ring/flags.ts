import { parseArgs } from "node:util";
import { orExplain } from "../commands.ts";
import { parse, Scenario, ScenarioError } from "./scenario.ts";

export const HELP = `npm run ring -- --prompts FILE [OPTIONS]

A room without hands: real headless tabs, real links, the real server. Prints answers; --json keeps everything.

  --scenario FILE     a scenario file (e2e/ring/scenario.schema.json); flags override it
  --model ID|FILE     smollm2-135m-instruct
  --tabs N            donors; 0 with --host-layers all
  --backend NAME      wasm, webgpu or auto
  --threads N         of onnxruntime on wasm, in each tab
  --host-layers WHERE none, first, last, both or all
  --head WHERE        who has final norm and LM head: host, last (the last stage) or best, whichever is faster
  --layers 10,10,10   layers per stage in ring order, the host's shares included
  --wire TYPE         f32 or f16
  --prompts FILE      a list of {id, messages | text, tokens?}, or {cases: [...]}
  --cases ID,ID       only these
  --tokens N          new tokens at most, for prompts that do not say
  --force FILE        feed the ids of this file's cases; report best id and margin at every step
  --objective NAME    workload, first-token or tokens-per-second: what the split makes least, where devices say what they take
  --chunk N           rows of a prompt's chunk; without it the plan's table cuts prompts, or 64 where --layers leaves nothing to plan
  --context N, --in-flight N
  --temperature X, --top-p X, --top-k N, --seed N
  --strategy NAME     plain, window or continuous: how answers are decoded
  --draft NAMES       who guesses ahead: none, or a list of lookup, model:ID|FILE (a smaller model, same tokens), medusa:FILE,
                      recorded (with a scenario's trace)
  --rows N            of a frame at most, guesses included
  --windows N         frames of one answer on their way at once
  --concurrency N     questions put at once; the next N when all of them are answered
  --acceptance RULE   exact, or typical: a guess holds where it is likely enough. Typical is lossy: another text
  --outline WHEN      auto, on or off: lists point by point, all points at once (another text)
  --json OUT          write {run, cases} here
  --svg OUT           draw who computed what when; with several cases, a file each
  --help              this text
`;

const NUMBERS = {
  tabs: "tabs",
  threads: "threads",
  tokens: "tokens",
  context: "context",
  chunk: "chunk",
  "in-flight": "inFlight",
  temperature: "temperature",
  "top-p": "topP",
  "top-k": "topK",
  seed: "seed",
  rows: "rows",
  windows: "windows",
  concurrency: "concurrency",
} as const;
const TEXTS = {
  model: "model",
  backend: "backend",
  "host-layers": "hostLayers",
  head: "head",
  wire: "wire",
  objective: "objective",
  prompts: "prompts",
  force: "force",
  strategy: "strategy",
  draft: "draft",
  acceptance: "acceptance",
  outline: "outline",
} as const;

export interface Command {
  readonly help: boolean;
  readonly json: string | null;
  readonly svg: string | null;
  readonly scenario: Scenario | null;
}

/** `readJson` reads the scenario file. Throws `ScenarioError`. */
export function parseFlags(args: readonly string[], readJson: (path: string) => unknown): Command {
  const values = parseOrExplain(args);
  if (values["help"] === true) return { help: true, json: null, svg: null, scenario: null };
  const scenario: Record<string, unknown> = {};
  if (typeof values["scenario"] === "string") Object.assign(scenario, readJson(values["scenario"]));
  for (const [flag, field] of Object.entries(TEXTS)) if (values[flag] !== undefined) scenario[field] = values[flag];
  for (const [flag, field] of Object.entries(NUMBERS)) {
    const value = values[flag];
    if (value === undefined) continue;
    scenario[field] = number(flag, String(value));
  }
  if (typeof values["layers"] === "string")
    scenario["layers"] = values["layers"].split(",").map((count) => number("layers", count, "numbers like 10,10,10"));
  if (typeof values["cases"] === "string") scenario["cases"] = values["cases"].split(",");
  if (scenario["prompts"] === undefined)
    throw new ScenarioError(
      '--prompts FILE is missing: a list like [{"id": "a", "text": "Hello"}]. See npm run ring -- --help.',
    );
  const path = (flag: "json" | "svg") => (typeof values[flag] === "string" ? values[flag] : null);
  return { help: false, json: path("json"), svg: path("svg"), scenario: parse(Scenario, scenario, "scenario") };
}

/** `--tabs -1` is a number out of range, not a flag of its own: `parseArgs` must not guess. */
function withNegatives(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (/^-\d/.test(arg) && before?.startsWith("--") && !before.includes("="))
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function number(flag: string, text: string, expected = "a number"): number {
  if (text.trim() === "" || Number.isNaN(Number(text)))
    throw new ScenarioError(`--${flag} takes ${expected}, not "${text}".`);
  return Number(text);
}

function parseOrExplain(args: readonly string[]): Record<string, string | boolean | undefined> {
  const text = { type: "string" } as const;
  const names = [...Object.keys(NUMBERS), ...Object.keys(TEXTS), "layers", "cases", "scenario", "json", "svg"];
  const options = { ...Object.fromEntries(names.map((name) => [name, text])), help: { type: "boolean" } as const };
  return orExplain(() => parseArgs({ args: withNegatives(args), options }).values, "npm run ring");
}
