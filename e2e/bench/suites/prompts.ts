/** Real questions, each answered plainly and with guesses: what guessing brings by category. */
import { PLAINLY } from "@jupiter/pipeline";
import { z } from "zod";
import { readText } from "../../ring/run.ts";
import { parse, ScenarioError, type Prompt } from "../../ring/scenario.ts";
import { row, type Row } from "../row.ts";
import { drafterNames } from "../../ring/drafters.ts";
import type { Suite, SuiteContext } from "../suite.ts";
import { decodeMsPerToken, openBenchRing } from "./bench-ring.ts";

const Question = z.object({
  question_id: z.union([z.int(), z.string()]),
  category: z.string().min(1),
  turns: z.array(z.string().min(1)).min(1),
});

const DONORS = 2;
const TOKENS = 64;
const CONTEXT = 2304;
/** Of each category. */
const SAMPLED = 2;
const FULL = 10;

export const prompts: Suite = {
  name: "prompts",
  about:
    "Questions of a file in FastChat's form: laps, held guesses and speed by category, guesses against plain, 2 donors",
  minutes: { sampled: 3, full: 14 },
  check: checkQuestions,
  async run({ browser, questions, full, model, draft, say }) {
    if (questions === null)
      return {
        rows: [],
        floor: null,
        notes: ["No questions were given: --questions FILE (FastChat's question.jsonl)."],
      };
    const all = readQuestions(questions);
    const categories = [...new Set(all.map(({ category }) => category))].map((name) => ({
      name,
      asked: all.filter(({ category }) => category === name).slice(0, full ? FULL : SAMPLED),
    }));
    const total = categories.reduce((sum, { asked }) => sum + asked.length, 0);
    const drafters = drafterNames(draft);
    await using ring = await openBenchRing(browser, DONORS, {
      ...{ context: CONTEXT, draft },
      ...(model === null ? {} : { model }),
    });
    const { name: modelName } = await ring.model();
    const rows: Row[] = [];
    let done = 0;
    await ring.ask({ id: "warm", promptTokens: 64 }, 8);
    for (const { name, asked } of categories) {
      const tokensPerLap: number[] = [];
      const held: number[] = [];
      const speedUp: number[] = [];
      for (const { prompt } of asked) {
        const guess = () => ring.ask(prompt, TOKENS, { strategy: "continuous", drafters });
        const plainly = () => ring.ask(prompt, TOKENS, PLAINLY);
        // Who goes first changes from question to question.
        const first = done % 2 === 0 ? await guess() : null;
        const plain = await plainly();
        const guessed = first ?? (await guess());
        const { timings, output } = guessed.finished;
        if (output.length > 1) {
          tokensPerLap.push(output.length / timings.laps);
          held.push((100 * (timings.counts?.accepted ?? 0)) / Math.max(1, timings.counts?.drafted ?? 0));
          speedUp.push(decodeMsPerToken(plain) / decodeMsPerToken(guessed));
        }
        say(`${name}: question ${++done} of ${total}`, done / total);
      }
      // Of answers of one token there is nothing to tell.
      if (speedUp.length === 0) continue;
      const facts = { source: "real", better: "more", values: "items" } as const;
      rows.push(
        row({ ...facts, name: `${name}: tokens a lap`, unit: "" }, tokensPerLap),
        row({ ...facts, name: `${name}: guesses that held`, unit: "%" }, held),
        row({ ...facts, name: `${name}: speed of guessing over plain`, unit: "times" }, speedUp),
      );
    }
    return {
      rows,
      floor: null,
      notes: [
        `${modelName}, guesses by ${drafters.join(" and ")}. Raw values are questions, ${TOKENS} new tokens each, asked once each way; tabs share this machine's cores.`,
      ],
    };
  },
};

/** Of suites that take a file of questions. Throws `ScenarioError`. */
export function checkQuestions({ questions }: Pick<SuiteContext, "questions">): void {
  if (questions !== null) readQuestions(questions);
}

/** Throws `ScenarioError` without such a file, or with its first line that is no question. */
export function readQuestions(path: string): readonly { readonly category: string; readonly prompt: Prompt }[] {
  const lines = readText(path)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.map((line, i) => {
    const { question_id: id, category, turns } = parse(Question, parseLine(line, path, i), `${path}, line ${i + 1}`);
    return { category, prompt: { id: `${id}`, messages: [{ role: "user", content: turns[0]! }] } };
  });
}

function parseLine(line: string, path: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ScenarioError(`${path}, line ${index + 1} is no JSON: ${error instanceof Error ? error.message : "?"}`);
  }
}
