import { parseArgs } from "node:util";
import { orExplain } from "../commands.ts";
import { ScenarioError } from "../ring/scenario.ts";
import type { Suite } from "./suite.ts";

export interface BenchCommand {
  readonly kind: "run";
  readonly suites: readonly Suite[];
  readonly full: boolean;
  readonly rounds: number;
  readonly questions: string | null;
  readonly model: string | null;
  readonly draft: string;
  readonly cases: readonly string[] | null;
  readonly json: string | null;
  readonly html: string | null;
}

export type Command =
  | BenchCommand
  | { readonly kind: "compare"; readonly before: string; readonly after: string }
  | { readonly kind: "readme"; readonly report: string }
  | { readonly kind: "help" };

const SAMPLED_ROUNDS = 3;
const FULL_ROUNDS = 5;
export const USUAL_DRAFT = "lookup";

export function help(suites: readonly Suite[], usual: readonly string[]): string {
  const lines = suites.map(
    ({ name, about, minutes: { sampled, full } }) =>
      `  ${name.padEnd(14)}${about} (${minutes(sampled)}, --full ${minutes(full)})`,
  );
  return `npm run bench -- [SUITE ...] [OPTIONS]
npm run bench -- compare BEFORE.json AFTER.json   (the report of README's tables: e2e/bench/readme.json)
npm run bench -- readme REPORT.json               put its tables between README's markers, and keep what they come from

Suites (${usual.join(" and ")} if none is named; all: every one):
${lines.join("\n")}

  --full           more sizes and devices, ${FULL_ROUNDS} rounds
  --rounds N       that count, where contenders take turns; one more warms up (${SAMPLED_ROUNDS})
  --questions FILE for prompts and quality: questions in FastChat's question.jsonl form
  --model ID       for prompts and quality: another model than SmolLM2
  --draft NAMES    for prompts, quality and strategies: who guesses, as npm run ring takes it (lookup)
  --cases NAMES    for decoding: only these of its cases, such as window,points,eight
  --json OUT       everything (e2e/bench/report.schema.json)
  --html OUT       a page with plots, in one file
  --help           this text
`;
}

/** Throws `ScenarioError` with what to write instead. */
export function parseFlags(args: readonly string[], known: readonly Suite[], usual: readonly string[]): Command {
  const { values, positionals } = parseOrExplain(args);
  if (values.help === true) return { kind: "help" };
  const [about] = positionals;
  const [flag] = Object.keys(values);
  if ((about === "compare" || about === "readme") && flag !== undefined)
    throw new ScenarioError(`--${flag} is for measuring; ${about} only reads reports.`);
  if (about === "compare") {
    const [, before, after, ...more] = positionals;
    if (before === undefined || after === undefined || more.length > 0)
      throw new ScenarioError("compare takes two reports: npm run bench -- compare BEFORE.json AFTER.json");
    return { kind: "compare", before, after };
  }
  if (about === "readme") {
    const [, report, ...more] = positionals;
    if (report === undefined || more.length > 0)
      throw new ScenarioError("readme takes one report: npm run bench -- readme REPORT.json");
    return { kind: "readme", report };
  }
  const names = positionals.length === 0 ? usual : positionals;
  const unknown = names.find((name) => name !== "all" && known.every((suite) => suite.name !== name));
  if (unknown !== undefined)
    throw new ScenarioError(
      `There is no suite ${unknown}; there are all, ${known.map(({ name }) => name).join(", ")}.`,
    );
  const full = values.full === true;
  return {
    kind: "run",
    suites: names.includes("all") ? known : known.filter(({ name }) => names.includes(name)),
    full,
    rounds: values.rounds === undefined ? (full ? FULL_ROUNDS : SAMPLED_ROUNDS) : count(values.rounds),
    questions: values.questions ?? null,
    model: values.model ?? null,
    draft: values.draft ?? USUAL_DRAFT,
    cases: values.cases?.split(",") ?? null,
    json: values.json ?? null,
    html: values.html ?? null,
  };
}

function parseOrExplain(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    ...{ full: flag, help: flag },
    ...{ rounds: text, questions: text, model: text, draft: text, cases: text, json: text, html: text },
  };
  return orExplain(() => parseArgs({ args: [...args], allowPositionals: true, options }), "npm run bench");
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100)
    throw new ScenarioError(`--rounds: expected a number from 1 to 100, got ${text}.`);
  return value;
}

/** What a suite is expected to take: it is known for the usual rounds, and one more warms up. */
export function expectedMinutes({ minutes }: Pick<Suite, "minutes">, full: boolean, rounds: number): number {
  const [usual, usualRounds] = full ? [minutes.full, FULL_ROUNDS] : [minutes.sampled, SAMPLED_ROUNDS];
  return (usual * (rounds + 1)) / (usualRounds + 1);
}

function minutes(count: number): string {
  return count < 1 ? "less than a minute" : count === 1 ? "1 minute" : `${count} minutes`;
}
