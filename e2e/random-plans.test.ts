/** Whatever the planner makes of a room: the tiny model says the same, in conversations that go on and are edited, too. In this process, on the page's kernels. */
import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { expect, it } from "vitest";
import { compareForced, TIE_MARGINS, type Reference } from "./golden-check.ts";
import { KernelModel, KernelRing, planned, type KernelAnswer } from "./kernel-ring.ts";
import { randomPlans } from "./random-plans.ts";

const SEED = 11;
const PLANS = 12;
const CAPACITY = 512;
const ANSWER_TOKENS = 6;
const form = { capacity: CAPACITY, wire: "f32" } as const;

/** Ids of the tiny vocabulary, without its special ones. */
const madeUp = (length: number, salt: number) => Array.from({ length }, (_, i) => (i * 37 + salt * 101 + i * i) % 300);
const first = madeUp(150, 1);

/** A dialogue in four questions: asked, gone on with, edited near its end, edited near its beginning. */
async function dialogue(ring: KernelRing, force?: readonly KernelAnswer[]): Promise<readonly KernelAnswer[]> {
  const answers: KernelAnswer[] = [];
  const ask = async (ids: readonly number[]) => {
    const forced = force?.[answers.length]?.output;
    const feed = forced === undefined ? {} : { force: forced };
    answers.push(await ring.ask({ conversation: "a", ids, maxTokens: ANSWER_TOKENS, stopIds: [], ...feed }));
  };
  await ask(first);
  await ask([...first, ...answers[0]!.output, ...madeUp(23, 2)]);
  await ask([...first.slice(0, 140), ...madeUp(40, 3)]);
  await ask([...first.slice(0, 20), ...madeUp(200, 4)]);
  return answers;
}

const referenceOf = (id: string, { ids, output, steps }: KernelAnswer): Reference => ({
  ...{ id, ids, tokens: output, finish: "length", text: "" },
  margins: steps.map(({ margin }) => margin),
});

it(`${PLANS} random plans: the choices of one stage that takes every question whole`, async () => {
  const model = await KernelModel.open(memoryByteSource(tinyCheckpoint()));
  const { L } = model.checkpoint.shape;
  const whole = { ...form, stages: [{ first: 0, end: L }], chunkRows: (rows: number) => rows, maxInFlight: 1 };
  await using alone = await KernelRing.start(model, whole);
  const expected = await dialogue(alone);
  expect(expected.map(({ reusedTokens }) => reusedTokens)).toEqual([0, 155, 140, 20]);
  const seen = new Set<string>();
  const heads = new Set<boolean>();
  for (const plan of randomPlans({ L, donors: [1, 4], count: PLANS, seed: SEED })) {
    heads.add(plan.head === "host");
    await using ring = await KernelRing.start(model, planned(plan, form));
    const answers = await dialogue(ring, expected);
    answers.forEach((answer, i) => {
      const id = `${i}`;
      expect(answer.chunks.reduce((a, b) => a + b, 0)).toBe(answer.ids.length - answer.reusedTokens);
      expect(answer.reusedTokens).toBe(expected[i]!.reusedTokens);
      expect(compareForced({ id, ...answer }, referenceOf(id, expected[i]!), TIE_MARGINS.ring).faults).toEqual([]);
      seen.add(answer.chunks.join());
    });
  }
  // Else the plans would have been alike, and the test would say little.
  expect(seen.size).toBeGreaterThan(PLANS);
  expect(heads).toEqual(new Set([true, false]));
});
