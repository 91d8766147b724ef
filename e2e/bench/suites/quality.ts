/** What is lossy by name, against plain greedy: how likely the model finds the answers, how they read, and whether the router asks for the right ones. */
import type { DecodingChoice } from "@jupiter/pipeline";
import type { Tokenizer } from "@jupiter/model/tokenizer";
import type { AskOptions } from "../../../apps/web/src/engine/api.ts";
import type { Harness, HarnessAnswer } from "../../../apps/web/src/harness.ts";
import { drafterNames } from "../../ring/drafters.ts";
import {
  distinctShare,
  outlineFacts,
  WORSE,
  worseIn,
  type AnswerFacts,
  type OutlineFacts,
} from "../quality/answers.ts";
import { readLabelled, type Labelled } from "../quality/labelled.ts";
import { routerCounts, type RouterCounts } from "../quality/router.ts";
import { figure, percent, type ReportTable } from "../report.ts";
import { row, type Row } from "../row.ts";
import type { Suite } from "../suite.ts";
import { openBenchRing, type BenchRing } from "./bench-ring.ts";
import { readQuestions } from "./prompts.ts";

const TOKENS = 96;
/** Of each category; twice as many where the first is a question for a list, since outlines are for those. */
const SAMPLED = 1;
const FULL = 6;
const GREEDY = { temperature: 0, topP: 1, topK: 0, seed: 1 };
const PLAIN: DecodingChoice = { strategy: "plain", drafters: [] };
const LOSSY = ["typical", "outline"] as const;
type Lossy = (typeof LOSSY)[number];

interface Question {
  readonly id: string;
  readonly category: string;
  readonly question: string;
  readonly label: Labelled["label"] | null;
}

type Routing = Awaited<ReturnType<Harness["route"]>>;

interface Answered {
  readonly facts: AnswerFacts;
  readonly worse: readonly string[];
}

interface Result extends Question {
  readonly plain: AnswerFacts;
  /** The same guesses, accepted where plain decoding would have said the same. */
  readonly exact: { readonly tokensPerLap: number; readonly isPlainText: boolean };
  readonly typical: Answered & { readonly tokensPerLap: number };
  /** Null: what was written as an outline has no points; the answer is the plain one. */
  readonly outline: (Answered & { readonly outline: OutlineFacts }) | null;
}

export const quality: Suite = {
  name: "quality",
  about: "What is lossy by name (typical acceptance, outline) against plain greedy, and the router against labels",
  minutes: { sampled: 5, full: 18 },
  async run({ browser, questions, full, model, draft, say }) {
    const labelled = readLabelled();
    const asked = select(questions === null ? labelled : fromFile(questions), full ? FULL : SAMPLED);
    await using ring = await openBenchRing(browser, 0, { context: 2304, draft, ...(model === null ? {} : { model }) });
    const { tokenizer, name } = await ring.model();
    const toRoute = [...labelled, ...asked.filter(({ label }) => label === null)];
    const steps = asked.length * 5 + toRoute.length / 2;
    let done = 0;
    const results: Result[] = [];
    for (const question of asked) {
      results.push(await answer(ring, tokenizer, question, drafterNames(draft)));
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
        `${name}, greedy, ${TOKENS} new tokens; typical acceptance with one window of guesses by ${draft}; raw values are questions, each asked once each way: greedy texts do not change.`,
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
  one: Question,
  drafters: readonly string[],
): Promise<Result> {
  const exactly: DecodingChoice = { strategy: "window", drafters };
  const plainly = await ask(ring, one.question, { decoding: PLAIN });
  const typical = await ask(ring, one.question, { decoding: { ...exactly, acceptance: "typical" } });
  const exact = await ask(ring, one.question, { decoding: exactly });
  const outlined = await ask(ring, one.question, { decoding: PLAIN, outline: "on" });
  const factsOf = async ({ finished: { text } }: HarnessAnswer): Promise<AnswerFacts> => ({
    ...(await likelihood(ring, one.question, tokenizer.encode(text))),
    distinct: distinctShare(text),
  });
  const plain = await factsOf(plainly);
  const typicalFacts = sameText(plainly, typical) ? plain : await factsOf(typical);
  return {
    ...one,
    plain,
    exact: { tokensPerLap: tokensPerLap(exact), isPlainText: sameText(plainly, exact) },
    typical: {
      facts: typicalFacts,
      worse: worseIn(plain, typicalFacts, null),
      tokensPerLap: tokensPerLap(typical),
    },
    outline: await outlineOf(outlined, plain, factsOf, tokenizer),
  };
}

async function outlineOf(
  outlined: HarnessAnswer,
  plain: AnswerFacts,
  factsOf: (answer: HarnessAnswer) => Promise<AnswerFacts>,
  tokenizer: Tokenizer,
): Promise<Result["outline"]> {
  const { setAside, branches = [] } = outlined.finished;
  if (setAside !== undefined) return null;
  const outline = outlineFacts(branches.map(({ output }) => tokenizer.decode(output)));
  const facts = await factsOf(outlined);
  return { facts, outline, worse: worseIn(plain, facts, outline) };
}

/** The text is fed token by token; the head tells how likely each is. */
async function likelihood(
  ring: BenchRing,
  question: string,
  ids: Int32Array,
): Promise<Pick<AnswerFacts, "logProb" | "tokens">> {
  if (ids.length === 0) return { logProb: 0, tokens: 0 };
  const { tokens } = await ask(ring, question, { decoding: PLAIN, force: [...ids], maxTokens: ids.length });
  const sum = tokens.reduce((total, { logProb }) => total + logProb, 0);
  if (tokens.length === 0 || !Number.isFinite(sum))
    throw new Error("the head did not tell how likely a forced token is");
  return { logProb: sum / tokens.length, tokens: ids.length };
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

function routersOf(labelled: readonly Labelled[], routes: ReadonlyMap<string, Routing>) {
  const counts = (saidList: (question: Labelled) => boolean) =>
    routerCounts(labelled.map((one) => ({ isList: one.label === "A", saidList: saidList(one) })));
  const isRouted = ({ id }: Labelled) => routes.get(id)?.route === "A";
  const isKept = ({ id }: Labelled) => routes.get(id)?.isVetoed !== true;
  return [
    { name: "veto alone", counts: counts(isKept) },
    { name: "router alone", counts: counts(isRouted) },
    { name: "veto, then router", counts: counts((one) => isKept(one) && isRouted(one)) },
  ];
}

function routerRows(who: string, { precision, recall }: RouterCounts): Row[] {
  const facts = { unit: "%", source: "real", better: "more" } as const;
  return [
    row({ ...facts, name: `${who}: precision` }, [100 * precision]),
    row({ ...facts, name: `${who}: recall` }, [100 * recall]),
  ];
}

function rowsOf(results: readonly Result[], routes: ReadonlyMap<string, Routing>): Row[] {
  const hows = ["plain", ...LOSSY] as const;
  const of = (how: (typeof hows)[number], what: (facts: AnswerFacts) => number) =>
    results.flatMap((result) => (factsOf(result, how) === null ? [] : [what(factsOf(result, how)!)]));
  const facts = { source: "real" } as const;
  const all = hows.flatMap((how): Row[] =>
    of(how, () => 0).length === 0
      ? []
      : [
          row(
            { ...facts, name: `${how}: minus log-probability a token`, unit: "nats", better: "less" },
            of(how, ({ logProb }) => -logProb),
          ),
          row(
            { ...facts, name: `${how}: length`, unit: "tokens", better: "same" },
            of(how, ({ tokens }) => tokens),
          ),
          row(
            { ...facts, name: `${how}: distinct groups of four words`, unit: "%", better: "more" },
            of(how, ({ distinct }) => 100 * distinct),
          ),
        ],
  );
  const outlines = results.flatMap(({ outline }) => (outline === null ? [] : [outline.outline]));
  const points = sum(outlines.map((outline) => outline.points));
  const lists = results.filter(({ label }) => label === "A");
  const isAuto = ({ id }: Result) => routes.get(id)?.route === "A" && !routes.get(id)?.isVetoed;
  return [
    ...all,
    ...(["exact", "typical"] as const).map((how) =>
      row(
        { ...facts, name: `${how} acceptance: tokens a lap`, unit: "", better: "more" },
        results.map((result) => result[how].tokensPerLap),
      ),
    ),
    count("exact acceptance: another text than plain", results, ({ exact }) => !exact.isPlainText, "answers"),
    count("outline: broken", results, isBroken, "outlines"),
    ...(lists.length === 0 ? [] : [count("outline: broken, list questions", lists, isBroken, "outlines")]),
    row({ ...facts, name: "outline: points that say the same", unit: `of ${points} points`, better: "less" }, [
      sum(outlines.map(({ same }) => same)),
    ]),
    ...LOSSY.map((how) => count(`${how}: got worse`, results, (result) => worseOf(result, how).length > 0, "answers")),
    ...(lists.length === 0
      ? []
      : [
          count(
            "outline: got worse, list questions",
            lists,
            (result) => worseOf(result, "outline").length > 0,
            "answers",
          ),
        ]),
    count(
      "outline as the router says: got worse",
      results,
      (result) => isAuto(result) && worseOf(result, "outline").length > 0,
      "answers",
    ),
    ...byCategory(results),
  ];
}

function byCategory(results: readonly Result[]): Row[] {
  return [...new Set(results.map(({ category }) => category))].flatMap((category) => {
    const own = results.filter((result) => result.category === category);
    return LOSSY.flatMap((how): Row[] => {
      const lost = own.flatMap((result) => {
        const facts = factsOf(result, how);
        return facts === null ? [] : [result.plain.logProb - facts.logProb];
      });
      const facts = { source: "real", unit: "nats", better: "less" } as const;
      return [
        ...(lost.length === 0
          ? []
          : [row({ ...facts, name: `${category}: ${how}: lost log-probability a token` }, lost)]),
        count(`${category}: ${how}: got worse`, own, (result) => worseOf(result, how).length > 0, "answers"),
      ];
    });
  });
}

function count(name: string, all: readonly Result[], isOne: (result: Result) => boolean, what: string): Row {
  const facts = { name, unit: `of ${all.length} ${what}`, source: "real", better: "less" } as const;
  return row(facts, [all.filter(isOne).length]);
}

/** Null: there is no such answer. */
function factsOf(result: Result, how: "plain" | Lossy): AnswerFacts | null {
  return how === "plain" ? result.plain : (result[how]?.facts ?? null);
}

/** No points were written, or one without text. */
function isBroken({ outline }: Result): boolean {
  return outline === null || outline.outline.empty > 0;
}

function worseOf(result: Result, how: Lossy): readonly string[] {
  return result[how]?.worse ?? [];
}

function routerTable(routers: ReturnType<typeof routersOf>, labelled: readonly Labelled[]): ReportTable {
  const lists = labelled.filter(({ label }) => label === "A").length;
  return {
    title: `Who sends a question to an outline: ${labelled.length} labelled questions, of which ${lists} ask for independent points`,
    columns: ["who", "rightly", "wrongly", "missed", "rightly not", "precision", "recall"],
    lines: routers.map(({ name, counts: { rightly, wrongly, missed, spared, precision, recall } }) => [
      ...[name, `${rightly}`, `${wrongly}`, `${missed}`, `${spared}`],
      ...[percent(precision), percent(recall)],
    ]),
  };
}

function answerTable(results: readonly Result[]): ReportTable {
  const inWords = ({ logProb, tokens, distinct }: AnswerFacts) =>
    `${figure(logProb)}; ${tokens}; ${(100 * distinct).toFixed(0)} %`;
  const answered = (one: Answered | null) =>
    one === null
      ? "no outline, plain answer"
      : `${inWords(one.facts)}${one.worse.length === 0 ? "" : `; worse: ${one.worse.join(", ")}`}`;
  return {
    title: "Every answer: log-probability a token; tokens; distinct groups of four words; what got worse than plain",
    columns: ["question", "label", "plain", "typical", "outline", "points (same)"],
    lines: results.map(({ id, label, plain, typical, outline }) => [
      ...[id, label ?? "", inWords(plain), answered(typical), answered(outline)],
      outline === null ? "" : `${outline.outline.points} (${outline.outline.same})`,
    ]),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
