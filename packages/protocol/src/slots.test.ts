import fc from "fast-check";
import { expect, test } from "vitest";
import { fillBias, HIDDEN_BIAS } from "./bias.ts";
import { chooseToken } from "./choose.ts";
import type { CacheCommand, RowTable } from "./frame-types.ts";
import { ROOT } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";
import { SlotError, SlotList, SlotLists } from "./slots.ts";

function table(
  base: number,
  parents: readonly number[],
  positions: readonly number[] = parents.map((_, i) => base + i),
  arena = 1,
): RowTable {
  return {
    arena,
    base,
    parents: Int32Array.from(parents),
    positions: Int32Array.from(positions),
    wanted: new Uint8Array(parents.length),
  };
}

interface NaiveSlot {
  name: number;
  parent: NaiveSlot | null;
  position: number;
}

/** The same rules with objects and pointers instead of numbers: nothing has to be renumbered. */
class NaiveLists {
  readonly arenas = new Map<number, NaiveSlot[]>();
  #names = 0;

  append(rows: RowTable): void {
    const list = (this.arenas.get(rows.arena) ?? []).slice(0, rows.base);
    rows.parents.forEach((parent, i) => {
      list.push({ name: this.#names++, parent: parent === ROOT ? null : list[parent]!, position: rows.positions[i]! });
    });
    this.arenas.set(rows.arena, list);
  }

  apply(command: CacheCommand): void {
    if (command.kind === "keep") {
      const list = this.arenas.get(command.arena)!;
      this.arenas.set(command.arena, [...list.slice(0, command.base), ...command.slots.map((slot) => list[slot]!)]);
    } else if (command.kind === "move") {
      const copies = new Map<NaiveSlot, NaiveSlot>();
      for (const slot of command.slots) {
        const source = this.arenas.get(command.from)![slot]!;
        copies.set(source, {
          name: this.#names++,
          parent: source.parent && (copies.get(source.parent) ?? null),
          position: source.position,
        });
      }
      this.arenas.set(command.arena, [
        ...(this.arenas.get(command.arena) ?? []).slice(0, command.base),
        ...copies.values(),
      ]);
    } else if (command.kind === "free") this.arenas.delete(command.arena);
  }

  sees(arena: number, slot: number): Set<number> {
    const list = this.arenas.get(arena)!;
    const seen = new Set<number>();
    for (let node: NaiveSlot | null = list[slot]!; node; node = node.parent) seen.add(list.indexOf(node));
    return seen;
  }
}

test("any sequence of appends, rollbacks, keeps, moves and frees gives the naive model's lists and visibility", () => {
  const step = fc.record({
    pick: fc.nat(9),
    arena: fc.integer({ min: 1, max: 3 }),
    numbers: fc.array(fc.nat(1000), { minLength: 1, maxLength: 9 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const lists = new SlotLists();
      const naive = new NaiveLists();
      for (const { pick, arena, numbers } of steps) {
        const length = lists.tryGet(arena)?.length ?? 0;
        const list = lists.tryGet(arena);
        if (pick < 6 || !list) {
          const base = pick === 0 ? numbers[0]! % (length + 1) : length;
          const parents = numbers.map((n, i) => (n % 3 ? base + i - 1 : (n % (base + i + 1)) - 1));
          const rows = table(base, parents, numbers, arena);
          const appended = lists.append(rows);
          naive.append(rows);
          const bias = new Float32Array(parents.length * appended.length).fill(7);
          fillBias(appended, rows, bias);
          parents.forEach((_, i) => {
            const seen = naive.sees(arena, base + i);
            for (let j = 0; j < appended.length; j++) {
              expect(bias[i * appended.length + j]).toBe(seen.has(j) ? 0 : Math.fround(HIDDEN_BIAS));
            }
          });
        } else if (pick === 9) {
          lists.apply({ kind: "free", arena });
          naive.apply({ kind: "free", arena });
        } else {
          const base = pick === 7 ? 0 : numbers[0]! % (length + 1);
          const kept = new Set<number>();
          for (let slot = base; slot < length; slot++) {
            const parent = list.parentAt(slot);
            if ((parent < base || kept.has(parent)) && numbers[slot % numbers.length]! % 4) kept.add(slot);
          }
          const to = (arena % 3) + 1;
          const command: CacheCommand =
            pick === 8
              ? { kind: "move", arena: to, base: lists.tryGet(to)?.length ?? 0, from: arena, slots: [...kept] }
              : { kind: "keep", arena, base, slots: [...kept] };
          lists.apply(command);
          naive.apply(command);
        }
        for (const [id, expected] of naive.arenas) {
          const got = lists.tryGet(id)!;
          expect(Array.from({ length: got.length }, (_, i) => [got.parentAt(i), got.positionAt(i)])).toEqual(
            expected.map((slot) => [slot.parent ? expected.indexOf(slot.parent) : ROOT, slot.position]),
          );
        }
        expect(lists.size).toBe(naive.arenas.size);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("a refused table or command names its reason and leaves the list as it was", () => {
  const lists = new SlotLists();
  lists.append(table(0, [ROOT, 0, 1, 1]));
  const refusals: [() => void, string][] = [
    [() => lists.append(table(5, [4])), "bad-base"],
    [() => lists.append(table(-1, [ROOT])), "bad-base"],
    [() => lists.append(table(2, [1, 3])), "bad-parent"],
    [() => lists.append(table(2, [-2])), "bad-parent"],
    [() => lists.append(table(2, [])), "bad-rows"],
    [() => lists.append(table(2, [1, 2], [3])), "bad-rows"],
    [() => lists.append(table(2, [ROOT], [0], 9)), "bad-base"],
    [() => lists.apply({ kind: "keep", arena: 1, base: 1, slots: [2] }), "bad-keep"],
    [() => lists.apply({ kind: "keep", arena: 1, base: 0, slots: [1, 0] }), "bad-keep"],
    [() => lists.apply({ kind: "keep", arena: 1, base: 0, slots: [0, 4] }), "bad-keep"],
    [() => lists.apply({ kind: "keep", arena: 2, base: 0, slots: [] }), "bad-keep"],
    [() => lists.apply({ kind: "move", arena: 1, base: 4, from: 1, slots: [0] }), "bad-move"],
    [() => lists.apply({ kind: "move", arena: 2, base: 0, from: 3, slots: [0] }), "bad-move"],
    [() => lists.apply({ kind: "move", arena: 2, base: 1, from: 1, slots: [0] }), "bad-base"],
  ];
  for (const [act, reason] of refusals) {
    expect(act).toThrow(SlotError);
    expect(act).toThrow(expect.objectContaining({ reason }));
    expect(lists.size).toBe(1);
    expect(Array.from({ length: lists.tryGet(1)!.length }, (_, i) => lists.tryGet(1)!.parentAt(i))).toEqual([
      ROOT,
      0,
      1,
      1,
    ]);
  }
});

test("arenas and slots are bounded", () => {
  const lists = new SlotLists();
  for (let arena = 0; arena < LIMITS.arenas; arena++) lists.append(table(0, [ROOT], [0], arena));
  expect(() => lists.append(table(0, [ROOT], [0], LIMITS.arenas))).toThrow(
    expect.objectContaining({ reason: "too-many-arenas" }),
  );
  const list = new SlotList();
  const rows = Array.from({ length: LIMITS.rowsPerFrame }, () => ROOT);
  while (list.length < LIMITS.slotsPerArena) list.append(table(list.length, rows));
  expect(() => list.append(table(list.length, [ROOT]))).toThrow(expect.objectContaining({ reason: "too-many-slots" }));
});

const best = [
  { id: 5, logProb: Math.log(0.5) },
  { id: 3, logProb: Math.log(0.3) },
  { id: 9, logProb: Math.log(0.2) },
];
const policy = { temperature: 1, topP: 1, topK: 0, random: 0 };

test("choosing: greedy at 0, by mass otherwise, cut by top-k and top-p, sharpened by temperature", () => {
  expect(chooseToken(best, { ...policy, temperature: 0, random: 0.99 })).toBe(5);
  expect([0, 0.49, 0.51, 0.79, 0.81, 0.9999999].map((random) => chooseToken(best, { ...policy, random }))).toEqual([
    5, 5, 3, 3, 9, 9,
  ]);
  expect(chooseToken(best, { ...policy, topK: 2, random: 0.99 })).toBe(3);
  expect(chooseToken(best, { ...policy, topK: 2, random: 0.62 })).toBe(5);
  expect(chooseToken(best, { ...policy, topP: 0.4, random: 0.99 })).toBe(5);
  expect(chooseToken(best, { ...policy, topP: 0.7, random: 0.99 })).toBe(3);
  // At temperature 0.5 the weights are 25 : 9 : 4.
  expect(chooseToken(best, { ...policy, temperature: 0.5, random: 25 / 38 - 0.001 })).toBe(5);
  expect(chooseToken(best, { ...policy, temperature: 0.5, random: 25 / 38 + 0.001 })).toBe(3);
  expect(() => chooseToken([], policy)).toThrow(RangeError);
});
