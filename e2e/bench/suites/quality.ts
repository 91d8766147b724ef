/** What is lossy by name, against plain greedy: how likely the model finds the answers, how they read, and whether the router asks for the right ones. */
import { GREEDY, PLAINLY, type DecodingChoice } from "@jupiter/pipeline";
import type { Tokenizer } from "@jupiter/model/tokenizer";
import type { AskOptions } from "../../../apps/web/src/engine/api.ts";
import type { HarnessAnswer } from "../../../apps/web/src/harness.ts";
import { drafterNames } from "../../ring/drafters.ts";
import { distinctShare, outlineFacts, WORSE, worseIn, type AnswerFacts } from "../quality/answers.ts";
import { readLabelled } from "../quality/labelled.ts";
import {
  answerTable,
  routerRows,
  routersOf,
  routerTable,
  rowsOf,
  type Question,
  type Result,
  type Routing,
} from "../quality/rows.ts";
import type { Suite } from "../suite.ts";
import { openBenchRing, type BenchRing } from "./bench-ring.ts";
import { checkQuestions, readQuestions } from "./prompts.ts";

const TOKENS = 96;
/** Of each category; twice as many where the first is a question for a list, since outlines are for those. */
const SAMPLED = 1;
const FULL = 6;

export const quality: Suite = {
  name: "quality",
  about: "What is lossy by name (typical acceptance, outline) against plain greedy, and the router against labels",
  minutes: { sampled: 5, full: 18 },
  check: checkQuestions,
  async run({ browser, rounds, questions, full, model, draft, say }) {
    const labelled = readLabelled();
    const asked = select(questions === null ? labelled : fromFile(questions), full ? FULL : SAMPLED);
    await using ring = await openBenchRing(browser, 0, { context: 2304, draft, ...(model === null ? {} : { model }) });
    const { tokenizer, name } = await ring.model();
    const toRoute = [...labelled, ...asked.filter(({ label }) => label === null)];
    const steps = asked.length * 5 + toRoute.length / 2;
    let done = 0;
    const results: Result[] = [];
    for (const question of asked) {
      results.push(await answer(ring, tokenizer, question, { drafters: drafterNames(draft), rounds }));
      done += 5;
      say(`${question.id}: ${results.length} of ${asked.length} questions`, done / steps);
    }
    const routes = new Map<string, Routing>();
    for (const { id, question } of toRoute) {
      routes.set(id, await route(ring, question));
      done += 0.5;
      say(`router: ${routes.size} of ${toRoute.length} questions`, Math.min(1, done / steps));
    }
    const routers = routersOf(labelled, routes);
    return {
      rows: [...rowsOf(results, routes), ...routers.flatMap(({ name: who, counts }) => routerRows(who, counts))],
      floor: null,
      notes: [
        `${name}, greedy, ${TOKENS} new tokens; typical acceptance with one window of guesses by ${draft}; raw values are questions, typically accepted ones each asked once a round: which guesses are sent depends on what rows cost just then, so those texts are not the same twice.`,
        `Log-probabilities are the same model's, of the whole text given the question alone; plain greedy has about the best there are, and repeating oneself raises them, so read them beside the distinct groups of four words.`,
        `Worse than plain: less likely by more than ${WORSE.logProb} nats a token, ${WORSE.distinct * 100} points fewer distinct groups, less than half as long, a point without text, or two points that share half of their words.`,
      ],
      tables: [routerTable(routers, labelled), answerTable(results)],
    };
  },
};

async function answer(
  ring: BenchRing,
  tokenizer: Tokenizer,
  asked: Question,
  { drafters, rounds }: { readonly drafters: readonly string[]; readonly rounds: number },
): Promise<Result> {
  const { question } = asked;
  const exactly: DecodingChoice = { strategy: "window", drafters };
  const plainly = await ask(ring, question, { decoding: PLAINLY });
  const exact = await ask(ring, question, { decoding: exactly });
  const outlined = await ask(ring, question, { decoding: PLAINLY, outline: "on" });
  const plain = factsAsTold(plainly);
  const typical: Result["typical"][number][] = [];
  for (let round = 0; round < rounds; round++) {
    const one = await ask(ring, question, { decoding: { ...exactly, acceptance: "typical" } });
    const facts = factsAsTold(one);
    typical.push({ facts, worse: worseIn(plain, facts, null), tokensPerLap: tokensPerLap(one) });
  }
  return {
    ...asked,
    plain,
    exact: { tokensPerLap: tokensPerLap(exact), isPlainText: sameText(plainly, exact) },
    typical,
    outline: await outlineOf(ring, question, outlined, plain, tokenizer),
  };
}

/** Of an answer that the model wrote to the question itself: every token came with its log-probability. */
function factsAsTold({ tokens, finished: { text, finish } }: HarnessAnswer): AnswerFacts {
  // The one that ended it is no part of the text.
  const written = finish === "stop" ? tokens.slice(0, -1) : tokens;
  return { ...likelihoodOf(written), distinct: distinctShare(text) };
}

/** The points were written to other prompts, so the whole is fed after the question alone. */
async function outlineOf(
  ring: BenchRing,
  question: string,
  { finished: { setAside, branches = [], text } }: HarnessAnswer,
  plain: AnswerFacts,
  tokenizer: Tokenizer,
): Promise<Result["outline"]> {
  if (setAside !== undefined) return null;
  const force = [...tokenizer.encode(text)];
  const { tokens } = await ask(ring, question, { decoding: PLAINLY, force, maxTokens: force.length });
  const outline = outlineFacts(branches.map(({ output }) => tokenizer.decode(output)));
  const facts = { ...likelihoodOf(tokens), distinct: distinctShare(text) };
  return { facts, outline, worse: worseIn(plain, facts, outline) };
}

function likelihoodOf(tokens: HarnessAnswer["tokens"]): Pick<AnswerFacts, "logProb" | "tokens"> {
  const total = tokens.reduce((sum, { logProb }) => sum + logProb, 0);
  if (!Number.isFinite(total)) throw new Error("the head did not tell how likely a token is");
  return { logProb: total / Math.max(1, tokens.length), tokens: tokens.length };
}

function route({ room }: BenchRing, question: string): Promise<Routing> {
  return room.host.evaluate((asked) => globalThis.jupiterHarness!.route(asked), question);
}

function ask(ring: BenchRing, question: string, options: Partial<AskOptions>): Promise<HarnessAnswer> {
  return ring.room.ask({
    ...{ id: crypto.randomUUID(), conversation: crypto.randomUUID() },
    prompt: { kind: "chat", messages: [{ role: "user", content: question }] },
    ...{ maxTokens: TOKENS, policy: GREEDY, stop: [] },
    ...options,
  });
}

function tokensPerLap({ finished: { output, timings } }: HarnessAnswer): number {
  return output.length / Math.max(1, timings.laps);
}

function sameText(a: HarnessAnswer, b: HarnessAnswer): boolean {
  return a.finished.text === b.finished.text;
}

function select(all: readonly Question[], count: number): readonly Question[] {
  const categories = [...new Set(all.map(({ category }) => category))];
  return categories.flatMap((name) => {
    const own = all.filter(({ category }) => category === name);
    return own.slice(0, own[0]?.label === "A" ? 2 * count : count);
  });
}

function fromFile(path: string): readonly Question[] {
  return readQuestions(path).map(({ category, prompt }) => ({
    ...{ id: prompt.id, category, label: null },
    question: prompt.messages?.[0]?.content ?? "",
  }));
}
