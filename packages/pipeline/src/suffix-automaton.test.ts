import fc from "fast-check";
import { expect, it } from "vitest";
import { LookupDrafter } from "./lookup-drafter.ts";
import { SuffixAutomaton } from "./suffix-automaton.ts";

/** Length of the longest end of `text` with `path` behind it that ends in `text` elsewhere than at its own end. */
function naiveLength(text: readonly number[], path: readonly number[]): number {
  const all = [...text, ...path];
  for (let length = all.length; length > 0; length--) {
    const part = all.slice(all.length - length).join();
    for (let end = length - 1; end < text.length; end++) {
      const isItself = path.length === 0 && end === text.length - 1;
      if (!isItself && text.slice(end - length + 1, end + 1).join() === part) return length;
    }
  }
  return 0;
}

it("finds the longest end of a text that stood in it before, wherever a walk goes on from it", () => {
  const tokens = (maxLength: number) => fc.array(fc.nat(2), { maxLength });
  fc.assert(
    fc.property(tokens(40), tokens(5), (text, path) => {
      const automaton = new SuffixAutomaton();
      for (const token of text) automaton.push(token);
      const { length, end } = automaton.find(path);
      expect(length).toBe(naiveLength(text, path));
      if (length === 0 || end < 0) return;
      expect(text.slice(end - length + 1, end + 1)).toEqual([...text, ...path].slice(-length));
    }),
    { seed: 20261125, numRuns: 2000 },
  );
});

it("takes a long text that repeats one token in its stride", () => {
  const automaton = new SuffixAutomaton();
  for (let i = 0; i < 20_000; i++) automaton.push(7);
  expect(automaton.find([])).toEqual({ length: 19_999, end: 19_998 });
});

it("lookup drafts what followed the last time, the surer the more was found again", () => {
  const drafter = new LookupDrafter();
  const certain = [1, 2, 3, 4, 9, 2, 3];
  const chain = drafter.extend([{ branch: "a", certain, drafted: [] }], 3);
  expect(chain.map(({ token, after }) => [token, after])).toEqual([
    [4, -1],
    [9, 0],
    [2, 1],
  ]);
  expect(chain[1]?.probability).toBeGreaterThan(chain[0]?.probability ?? 1);
  expect(drafter.extend([{ branch: "a", certain, drafted: [4] }], 1)).toMatchObject([{ token: 9 }]);
  certain.push(4, 9);
  // Two branches in one batch: each chain is its own.
  const both = drafter.extend(
    [
      { branch: "a", certain, drafted: [] },
      { branch: "b", certain: [8, 8], drafted: [] },
    ],
    2,
  );
  expect(both.map(({ view, token, after }) => [view, token, after])).toEqual([
    [0, 2, -1],
    [0, 3, 0],
    [1, 8, -1],
  ]);
  expect(drafter.extend([{ branch: "c", certain: [1, 2, 3], drafted: [] }], 4)).toEqual([]);
});
