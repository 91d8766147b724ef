/** What `quality` measured, as rows and tables: figures over all answers, then by category, then every answer. */
import type { Harness } from "../../../apps/web/src/harness.ts";
import { percent } from "../../percent.ts";
import { figure, type ReportTable } from "../report.ts";
import { row, type Row } from "../row.ts";
import type { AnswerFacts, OutlineFacts } from "./answers.ts";
import type { Labelled } from "./labelled.ts";
import { routerCounts, type RouterCounts } from "./router.ts";

const LOSSY = ["typical", "outline"] as const;
type How = "plain" | (typeof LOSSY)[number];

export interface Question {
  readonly id: string;
  readonly category: string;
  readonly question: string;
  readonly label: Labelled["label"] | null;
}

export type Routing = Awaited<ReturnType<Harness["route"]>>;

interface Answered {
  readonly facts: AnswerFacts;
  readonly worse: readonly string[];
}

export interface Result extends Question {
  readonly plain: AnswerFacts;
  /** The same guesses, accepted where plain decoding would have said the same. */
  readonly exact: { readonly tokensPerLap: number; readonly isPlainText: boolean };
  /** Of every round: which guesses are sent depends on what rows cost just then, and the text on which were sent. */
  readonly typical: readonly (Answered & { readonly tokensPerLap: number })[];
  /** Null: what was written as an outline has no points; the answer is the plain one. */
  readonly outline: (Answered & { readonly outline: OutlineFacts }) | null;
}

export function rowsOf(results: readonly Result[], routes: ReadonlyMap<string, Routing>): Row[] {
  const outlines = results.flatMap(({ outline }) => (outline === null ? [] : [outline.outline]));
  const points = sum(outlines.map((outline) => outline.points));
  const lists = results.filter(({ label }) => label === "A");
  const isAuto = ({ id }: Result) => routes.get(id)?.route === "A" && !routes.get(id)?.isVetoed;
  const facts = { source: "real", better: "more", unit: "", values: "items" } as const;
  const typical = results.flatMap((result) => result.typical);
  return [
    ...(["plain", ...LOSSY] as const).flatMap((how) => textRows(results, how)),
    row(
      { ...facts, name: "exact acceptance: tokens a lap" },
      results.map(({ exact }) => exact.tokensPerLap),
    ),
    row(
      { ...facts, name: "typical acceptance: tokens a lap" },
      typical.map(({ tokensPerLap }) => tokensPerLap),
    ),
    count("exact acceptance: another text than plain", results, ({ exact }) => !exact.isPlainText, "answers"),
    ...worseRow("typical", results, "typical"),
    count("outline: broken", results, isBroken, "outlines"),
    ...(lists.length === 0 ? [] : [count("outline: broken, list questions", lists, isBroken, "outlines")]),
    row(
      {
        ...facts,
        name: "outline: points that say the same",
        unit: `of ${points} points`,
        better: "less",
        values: "exact",
      },
      [sum(outlines.map(({ same }) => same))],
    ),
    ...worseRow("outline", results, "outline"),
    ...worseRow("outline, list questions", lists, "outline"),
    ...worseRow("outline, where veto and router let it be", results.filter(isAuto), "outline"),
    ...byCategory(results),
  ];
}

/** None: there are no such answers. */
function textRows(results: readonly Result[], how: How): Row[] {
  const all = results.flatMap((result) => answersOf(result, how)).map(({ facts }) => facts);
  if (all.length === 0) return [];
  const facts = { source: "real", values: "items" } as const;
  return [
    row(
      { ...facts, name: `${how}: minus log-probability a token`, unit: "nats", better: "less" },
      all.map(({ logProb }) => -logProb),
    ),
    row(
      { ...facts, name: `${how}: length`, unit: "tokens", better: "same" },
      all.map(({ tokens }) => tokens),
    ),
    row(
      { ...facts, name: `${how}: distinct groups of four words`, unit: "%", better: "more" },
      all.map(({ distinct }) => 100 * distinct),
    ),
  ];
}

function byCategory(results: readonly Result[]): Row[] {
  return [...new Set(results.map(({ category }) => category))].flatMap((category) => {
    const own = results.filter((result) => result.category === category);
    return LOSSY.flatMap((how): Row[] => {
      const lost = own.flatMap((result) =>
        answersOf(result, how).map(({ facts }) => result.plain.logProb - facts.logProb),
      );
      const facts = { source: "real", unit: "nats", better: "less", values: "items" } as const;
      const name = `${category}: ${how}: lost log-probability a token`;
      return [
        ...(lost.length === 0 ? [] : [row({ ...facts, name }, lost)]),
        ...worseRow(`${category}: ${how}`, own, how),
      ];
    });
  });
}

/** Broken outlines are no answers of their own: the plain one came. None: there are no answers. */
function worseRow(name: string, results: readonly Result[], how: How): Row[] {
  const all = results.flatMap((result) => answersOf(result, how));
  return all.length === 0 ? [] : [count(`${name}: got worse`, all, ({ worse }) => worse.length > 0, "answers", how)];
}

/** Greedy answers are the same on every machine; those that were accepted typically are another sample in every run. */
function count<T>(name: string, all: readonly T[], isOne: (one: T) => boolean, what: string, how?: How): Row {
  const values = how === "typical" ? "repeats" : "exact";
  const facts = { name, unit: `of ${all.length} ${what}`, source: "real", better: "less", values } as const;
  return row(facts, [all.filter(isOne).length]);
}

function answersOf(result: Result, how: How): readonly Answered[] {
  if (how === "plain") return [{ facts: result.plain, worse: [] }];
  if (how === "typical") return result.typical;
  return result.outline === null ? [] : [result.outline];
}

/** No points were written, or one without text. */
function isBroken({ outline }: Result): boolean {
  return outline === null || outline.outline.empty > 0;
}

export function answerTable(results: readonly Result[]): ReportTable {
  const inWords = ({ logProb, tokens, distinct }: AnswerFacts) => `${figure(logProb)}; ${tokens}; ${percent(distinct)}`;
  const answered = ({ facts, worse }: Answered) =>
    `${inWords(facts)}${worse.length === 0 ? "" : `; worse: ${worse.join(", ")}`}`;
  return {
    title: "Every answer: log-probability a token; tokens; distinct groups of four words; what got worse than plain",
    columns: ["question", "label", "plain", "typical, each other text of the rounds", "outline", "points (same)"],
    lines: results.map(({ id, label, plain, typical, outline }) => [
      ...[id, label ?? "", inWords(plain)],
      [...new Set(typical.map(answered))].join(" / "),
      outline === null ? "no outline, plain answer" : answered(outline),
      outline === null ? "" : `${outline.outline.points} (${outline.outline.same})`,
    ]),
  };
}

export function routersOf(labelled: readonly Labelled[], routes: ReadonlyMap<string, Routing>) {
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

export function routerRows(who: string, { precision, recall }: RouterCounts): Row[] {
  const facts = { unit: "%", source: "real", better: "more", values: "exact" } as const;
  return [
    row({ ...facts, name: `${who}: precision` }, [100 * precision]),
    row({ ...facts, name: `${who}: recall` }, [100 * recall]),
  ];
}

export function routerTable(routers: ReturnType<typeof routersOf>, labelled: readonly Labelled[]): ReportTable {
  const lists = labelled.filter(({ label }) => label === "A").length;
  return {
    title: `Who sends a question to an outline: ${labelled.length} labelled questions, of which ${lists} ask for independent points`,
    columns: ["who", "rightly", "wrongly", "missed", "rightly not", "precision", "recall"],
    lines: routers.map(({ name, counts: { rightly, wrongly, missed, spared, precision, recall } }) => [
      ...[name, `${rightly}`, `${wrongly}`, `${missed}`, `${spared}`],
      ...[percent(precision, 1), percent(recall, 1)],
    ]),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
