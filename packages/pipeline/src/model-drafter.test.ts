import { ROOT, SlotLists } from "@jupiter/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Draft } from "./drafter.ts";
import { ModelDrafter, type DraftModel, type DraftRun } from "./model-drafter.ts";
import { mix } from "./toy-ring.ts";

const { signal } = new AbortController();
const V = 11;

/** Two candidates of a text, the first one surer. */
function afterText(tokens: readonly number[]) {
  const state = tokens.reduce((hash, token, i) => mix(hash + i, token), 1);
  return [
    { id: state % V, logProb: Math.log(0.6) },
    { id: (state + 1) % V, logProb: Math.log(0.3) },
    { id: (state + 2) % V, logProb: Math.log(0.1) },
  ];
}

/** Reads each row's text out of its slots, so that a wrong slot, parent or order changes what follows. */
class ToyModel implements DraftModel {
  readonly #lists = new SlotLists();
  #tokens: number[] = [];
  readonly #capacity: number;
  rows = 0;
  runs = 0;
  keeps = 0;
  beforeAnswer: () => void = () => undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async run({ commands, rows, tokenIds }: DraftRun) {
    for (const command of commands) {
      if (command.kind !== "keep") throw new Error(`${command.kind} is not for one arena`);
      this.keeps++;
      const kept = command.slots.map((slot) => this.#tokens[slot] ?? NaN);
      this.#tokens = [...this.#tokens.slice(0, command.base), ...kept];
      this.#lists.apply(command);
    }
    const list = this.#lists.append(rows);
    if (list.length > this.#capacity) throw new Error(`${list.length} slots of ${this.#capacity}`);
    tokenIds.forEach((token, i) => (this.#tokens[rows.base + i] = token));
    this.rows += tokenIds.length;
    this.runs++;
    const answers = [...tokenIds.keys()]
      .filter((i) => rows.wanted[i] === 1)
      .map((i) => {
        const text: number[] = [];
        for (let slot = rows.base + i; slot !== ROOT; slot = list.parentAt(slot)) {
          expect(list.positionAt(slot)).toBe((rows.positions[i] ?? NaN) - text.length);
          text.unshift(this.#tokens[slot] ?? NaN);
        }
        return afterText(text);
      });
    await Promise.resolve();
    this.beforeAnswer();
    return answers;
  }
}

function expected(view: number, text: readonly number[]): Draft[] {
  return afterText(text)
    .slice(0, 2)
    .map(({ id, logProb }) => ({ view, after: -1, token: id, probability: Math.exp(logProb) }));
}

function made(capacity = 400, chunkRows = 8, ahead = 1) {
  const model = new ToyModel(capacity);
  return { model, drafter: new ModelDrafter(model, { capacity, chunkRows, ahead }) };
}

/** Where it goes on by itself: the first candidate is sure enough for one more token, two of them are not. */
function expectedAhead(view: number, text: readonly number[]): Draft[] {
  const near = expected(view, text);
  const below = expected(view, [...text, near[0]?.token ?? NaN]);
  return [...near, ...below.map((draft) => ({ ...draft, after: 0 }))];
}

const numbers = (length: number, salt = 0) => Array.from({ length }, (_, i) => mix(i, salt) % V);

describe("a drafting model", () => {
  it("computes each row of a text once, whatever was drafted and held", async () => {
    const { model, drafter } = made();
    const certain = numbers(20);
    for (let i = 0; i < 30; i++) {
      const [best] = await drafter.extend([{ branch: "a", certain, drafted: [] }], 4, { signal });
      expect(best).toEqual(expected(0, certain)[0]);
      certain.push(best?.token ?? NaN);
    }
    expect(model.rows).toBe(20 + 29);
  });

  it("goes on below drafts, and answers from memory where it has been", async () => {
    const { model, drafter } = made();
    const view = { branch: "a", certain: numbers(5), drafted: [1, 2, 3] };
    expect(await drafter.extend([view], 4, { signal })).toEqual(expected(0, [...view.certain, 1, 2, 3]));
    const { rows } = model;
    for (const drafted of [[1, 2, 3], [1, 2], [1]])
      expect(await drafter.extend([{ ...view, drafted }], 4, { signal })).toEqual(
        expected(0, [...view.certain, ...drafted]),
      );
    expect(model.rows).toBe(rows);
  });

  it("goes on by itself while it is sure, and not with a text that ended meanwhile", async () => {
    const { model, drafter } = made(400, 8, 3);
    const certain = numbers(5);
    const asked = drafter.extend([{ branch: "a", certain, drafted: [2] }], 4, { signal });
    const text = [...certain, 2];
    certain.push(2, 7); // as the answer does while the drafter is at it
    expect(await asked).toEqual(expectedAhead(0, text));
    expect([model.rows, model.runs]).toEqual([7, 2]);
    expect(await drafter.extend([{ branch: "a", certain, drafted: [] }], 1, { signal })).toEqual(expected(0, certain));
    model.beforeAnswer = () => drafter.forget("b");
    const over = { branch: "b", certain: numbers(5, 1), drafted: [] };
    expect(await drafter.extend([over], 4, { signal })).toEqual(expected(0, over.certain));
  });

  it("takes several texts in one run, and what they have in common once", async () => {
    const { model, drafter } = made();
    const certain = numbers(6);
    await drafter.extend([{ branch: "a", certain: [...certain, 1], drafted: [2] }], 4, { signal });
    const { rows, runs } = model;
    const views = [
      { branch: "a", certain: [...certain, 1], drafted: [3] },
      { branch: "b", certain: [...certain, 1, 4], drafted: [] },
    ];
    const drafts = await drafter.extend(views, 4, { signal });
    expect(drafts).toEqual([...expected(0, [...certain, 1, 3]), ...expected(1, [...certain, 1, 4])]);
    expect([model.rows - rows, model.runs - runs]).toEqual([2, 1]);
    // The other text's drafts are its own.
    expect(await drafter.extend([{ branch: "a", certain: [...certain, 1], drafted: [2] }], 4, { signal })).toEqual(
      expected(0, [...certain, 1, 2]),
    );
    expect(model.rows - rows).toBe(2);
  });

  it("goes on from an ended text, and lets go of it where room is needed", async () => {
    const { model, drafter } = made(32);
    const certain = numbers(20);
    await drafter.extend([{ branch: "a", certain, drafted: [] }], 4, { signal });
    drafter.forget("a");
    await drafter.extend([{ branch: "b", certain: [...certain, 3, 4], drafted: [] }], 4, { signal });
    expect(model.rows).toBe(22);
    drafter.forget("b");
    const other = numbers(31, 9);
    expect(await drafter.extend([{ branch: "c", certain: other, drafted: [] }], 4, { signal })).toEqual(
      expected(0, other),
    );
    expect(await drafter.extend([{ branch: "c", certain: numbers(40, 9), drafted: [] }], 4, { signal })).toEqual([]);
  });

  it("stops between two pieces of a prompt once it is called back, and keeps what it has", async () => {
    const { model, drafter } = made();
    const controller = new AbortController();
    model.beforeAnswer = () => controller.abort();
    const view = { branch: "a", certain: numbers(30), drafted: [] };
    expect(await drafter.extend([view], 4, { signal: controller.signal })).toEqual([]);
    expect(model.rows).toBe(8);
    expect(await drafter.extend([view], 4, { signal })).toEqual(expected(0, view.certain));
    expect(model.rows).toBe(30);
  });

  it("leaves out a text that ends while another's rows are computed", async () => {
    const { model, drafter } = made();
    model.beforeAnswer = () => drafter.forget("a");
    const views = ["a", "b"].map((branch, salt) => ({ branch, certain: numbers(30, salt), drafted: [] }));
    const drafts = await drafter.extend(views, 4, { signal });
    expect(drafts.filter(({ view }) => view === 1)).toEqual(expected(1, views[1]?.certain ?? []));
    const again = { branch: "c", certain: numbers(33), drafted: [] };
    expect(await drafter.extend([again], 4, { signal })).toEqual(expected(0, again.certain));
  });

  it("says the same as a fresh model, in any course of texts that grow, part, are drafted and end", async () => {
    const step = fc.record({
      branch: fc.constantFrom("a", "b", "c"),
      held: fc.nat(3),
      fresh: fc.array(fc.nat(V - 1), { maxLength: 3 }),
      drafted: fc.array(fc.nat(2), { maxLength: 3 }),
      ends: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), fc.constantFrom(1, 3), async (steps, ahead) => {
        const { drafter } = made(90, 5, ahead);
        const texts = new Map<string, { certain: number[]; drafted: readonly number[] }>();
        for (const { branch, held, fresh, drafted, ends } of steps) {
          const text = texts.get(branch) ?? { certain: numbers(7), drafted: [] };
          texts.set(branch, text);
          text.certain.push(...text.drafted.slice(0, held), ...fresh);
          text.drafted = drafted;
          const view = { branch, certain: text.certain, drafted };
          const drafts = await drafter.extend([view], 4, { signal });
          const all = (ahead === 1 ? expected : expectedAhead)(0, [...text.certain, ...drafted]);
          // Where there was no room for what it went on with, that is left out.
          if (drafts.length > 0) expect([all, all.slice(0, 2)]).toContainEqual(drafts);
          else expect(text.certain.length).toBeGreaterThan(60);
          if (!ends && text.certain.length < 70) continue;
          drafter.forget(branch);
          texts.delete(branch);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it("keeps no more dead rows than its list is cleared of", async () => {
    const { model, drafter } = made(200);
    const certain = numbers(10);
    for (let i = 0; i < 60; i++) {
      await drafter.extend([{ branch: "a", certain, drafted: [1, 2, 3, 4] }], 4, { signal });
      await drafter.extend([{ branch: "b", certain, drafted: [4, 3] }], 4, { signal });
      certain.push(i % V);
      expect(drafter.cachedRows).toBeLessThan(2 * certain.length * 1.125 + 16 + 12);
    }
    expect(model.keeps).toBeGreaterThan(0);
  });
});
