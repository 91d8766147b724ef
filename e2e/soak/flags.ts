import { parseArgs } from "node:util";
import { orExplain } from "../commands.ts";
import { ScenarioError } from "../ring/scenario.ts";

export interface Soak {
  readonly answers: number;
  readonly donors: number;
  /** Of each answer at most. */
  readonly tokens: number;
  readonly seed: number;
  /** As `npm run ring` takes it. */
  readonly draft: string;
}

const USUAL = { answers: "200", donors: "3", tokens: "48", seed: "1", draft: "lookup" };

export const HELP = `npm run soak -- [OPTIONS]

Many answers of SmolLM2 over real donor tabs in mixed ways of decoding, three at once, some of them stopped at random moments. Fails
where an answer is not plain decoding's, or where questions, frames or cache slots are still held at rest; prints what tabs hold in memory.

  --answers N    ${USUAL.answers}
  --donors N     ${USUAL.donors}
  --tokens N     of each answer at most (${USUAL.tokens})
  --draft NAMES  who guesses, as npm run ring takes it (${USUAL.draft}); with heads of your own lookup,medusa:FILE
  --seed N       another order of questions, ways and stops (${USUAL.seed})
  --help         this text
`;

/** Null: help is asked for. Throws `ScenarioError` with what to write instead. */
export function parseFlags(args: readonly string[]): Soak | null {
  const values = parseOrExplain(args);
  if (values.help === true) return null;
  return {
    answers: count("answers", values.answers, 10, 100_000),
    donors: count("donors", values.donors, 1, 16),
    tokens: count("tokens", values.tokens, 1, 512),
    seed: count("seed", values.seed, 0, 2 ** 31),
    draft: values.draft,
  };
}

function parseOrExplain(args: readonly string[]) {
  const text = (usual: string) => ({ type: "string", default: usual }) as const;
  const options = {
    ...{ answers: text(USUAL.answers), donors: text(USUAL.donors), tokens: text(USUAL.tokens) },
    ...{ seed: text(USUAL.seed), draft: text(USUAL.draft), help: { type: "boolean" } as const },
  };
  return orExplain(() => parseArgs({ args: [...args], options }).values, "npm run soak");
}

function count(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < least || value > most)
    throw new ScenarioError(`--${flag} takes a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}
