/**
 * Holds answers of a ring against a reference: golden runs of an independent implementation, or our own ring of another form.
 * Greedy texts may part only where the reference's two best logits lie so close that the order of additions decides (a tie); before, one
 * difference is a bug. With the expected ids fed in, every step is held to this on its own.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { CaseResult } from "./ring/run.ts";

/** Leads of the best logit below which a difference is a tie, and no bug. */
export const TIE_MARGINS = {
  /** Against the golden runs: other kernels, other libraries. */
  golden: 0.02,
  /** Against our own ring with the same weights and backend, activations in float32. */
  ring: 1e-3,
} as const;

const GoldenCase = z.object({
  id: z.string(),
  messages: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })).optional(),
  text: z.string(),
  ids: z.array(z.int()),
  greedy: z.array(z.int()),
  margin: z.array(z.number()),
  finish: z.enum(["stop", "length"]),
  greedyText: z.string(),
});
export type GoldenCase = z.infer<typeof GoldenCase>;

/** `name` as in `e2e/golden/`, without `.json`. */
export function goldenCases(name: string): readonly GoldenCase[] {
  const file = new URL(`./golden/${name}.json`, import.meta.url);
  return z.object({ cases: z.array(GoldenCase).min(1) }).parse(JSON.parse(readFileSync(file, "utf8"))).cases;
}

/** What an answer is held against. */
export interface Reference {
  readonly id: string;
  /** Of the prompt. */
  readonly ids: readonly number[];
  /** New ids, eos included. */
  readonly tokens: readonly number[];
  /** Per new id: lead of the best logit over the second. */
  readonly margins: readonly number[];
  readonly finish: string;
  readonly text: string;
}

export function goldenReference({ id, ids, greedy, margin, finish, greedyText }: GoldenCase): Reference {
  return { id, ids, tokens: greedy, margins: margin, finish, text: greedyText };
}

/** An answer of a free-running ring as the reference of another. */
function ringReference({ id, ids, output, steps, finish, text }: CaseResult): Reference {
  return { id, ids, tokens: output, margins: steps.map(({ margin }) => margin), finish, text };
}

export interface Comparison {
  /** One line each; none: the answer holds. */
  readonly faults: readonly string[];
  /** Steps at which the choice differs and may, as the reference's lead is below the tie margin. */
  readonly ties: readonly number[];
  /** Steps at which the choice differs, ties included. Free-running: of those up to the first. */
  readonly differing: number;
  readonly compared: number;
}

/** The ring chose by itself. From a tie on, the texts go their own ways and nothing more is compared. */
export function compareFree(answer: CaseResult, reference: Reference, tieMargin: number): Comparison {
  const faults = promptFaults(answer, reference);
  const { tokens, margins } = reference;
  const steps = Math.max(tokens.length, answer.output.length);
  const first = Array.from({ length: steps }, (_, i) => i).find((i) => answer.output[i] !== tokens[i]);
  if (first === undefined) {
    if (answer.finish !== reference.finish)
      faults.push(`${answer.id}: ended by ${answer.finish} instead of ${reference.finish}`);
    if (answer.text !== reference.text)
      faults.push(
        `${answer.id}: same ids, but text ${JSON.stringify(answer.text)} instead of ${JSON.stringify(reference.text)}`,
      );
    return { faults, ties: [], differing: 0, compared: steps };
  }
  const isTie = (margins[first] ?? Infinity) < tieMargin;
  if (!isTie) faults.push(stepFault(answer.id, first, answer.output[first], tokens[first], margins[first]));
  return { faults, ties: isTie ? [first] : [], differing: 1, compared: first + 1 };
}

/** What of an answer is compared when ids were fed. */
export type Fed = Pick<CaseResult, "id" | "ids" | "output" | "steps">;

/** The ring was fed the reference's ids; every step's own choice is compared. */
export function compareForced(answer: Fed, reference: Reference, tieMargin: number): Comparison {
  const faults = promptFaults(answer, reference);
  const { tokens, margins } = reference;
  if (!sameIds(answer.output, tokens))
    faults.push(`${answer.id}: other ids were fed than the ${tokens.length} expected`);
  if (answer.steps.length !== tokens.length)
    faults.push(`${answer.id}: ${answer.steps.length} steps instead of ${tokens.length}`);
  const ties: number[] = [];
  let differing = 0;
  for (const [step, { chosen }] of answer.steps.entries()) {
    if (chosen === tokens[step]) continue;
    differing++;
    if ((margins[step] ?? Infinity) < tieMargin) ties.push(step);
    else faults.push(stepFault(answer.id, step, chosen, tokens[step], margins[step]));
  }
  return { faults, ties, differing, compared: answer.steps.length };
}

/** Rings of ours with the same weights, backend and wire, fed the same ids: where the layers are cut changes neither choices nor leads. */
export function compareRings(answer: CaseResult, other: CaseResult, tieMargin: number): Comparison {
  const comparison = compareForced(answer, ringReference(other), tieMargin);
  const far = answer.steps.findIndex(
    ({ margin }, i) => !(Math.abs(margin - (other.steps[i]?.margin ?? NaN)) < tieMargin),
  );
  if (far < 0) return comparison;
  const [is, was] = [answer.steps[far]?.margin, other.steps[far]?.margin];
  return {
    ...comparison,
    faults: [...comparison.faults, `${answer.id}, step ${far}: leads by ${is} instead of ${was}`],
  };
}

function promptFaults(answer: Fed, reference: Reference): string[] {
  if (sameIds(answer.ids, reference.ids)) return [];
  return [`${answer.id}: the prompt's ${answer.ids.length} ids are not the ${reference.ids.length} expected`];
}

function stepFault(
  id: string,
  step: number,
  chosen: number | undefined,
  expected: number | undefined,
  margin: number | undefined,
): string {
  const [did, should] = [chosen ?? "nothing", expected ?? "nothing"];
  return `${id}, step ${step}: ${did} instead of ${should}, which leads by ${margin?.toPrecision(3) ?? "any margin"}`;
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
