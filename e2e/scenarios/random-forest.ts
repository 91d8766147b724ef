/** Random frames for one arena: chains, siblings, trees, further roots, rollbacks, refuted frames; and each row's path, to be computed afresh. */
import { ROOT } from "@jupiter/protocol";
import { seeded } from "@jupiter/testkit";
import type { ProbeFrame } from "../../apps/web/src/engine/probe.ts";

interface Row {
  readonly tokenId: number;
  readonly position: number;
}

export interface ForestFrame {
  readonly frame: ProbeFrame;
  /** Per row of the frame: the rows that it sees, from its root to itself. */
  readonly paths: readonly (readonly Row[])[];
}

const ARENA = 1;
const FRESH_ARENA = 2;

/** Frames of `sizes` rows, in this order; token ids below `V`. */
export function randomForest(sizes: readonly number[], V: number, seed: number): readonly ForestFrame[] {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  /** By slot; null: refuted, no one may build on it. */
  let slots: (readonly Row[] | null)[] = [];
  return sizes.map((size) => {
    if (random() < 0.3) slots = slots.slice(0, below(slots.length + 1));
    const base = slots.length;
    const isRefuted = base > 0 && random() < 0.2;
    const parents: number[] = [];
    const paths: (readonly Row[])[] = [];
    for (let i = 0; i < size; i++) {
      const parent = chooseParent(slots, below, random());
      const above = slots[parent] ?? [];
      const position = (above.at(-1)?.position ?? below(4) - 1) + 1;
      const path = [...above, { tokenId: below(V), position }];
      parents.push(parent);
      paths.push(path);
      slots.push(path);
    }
    if (isRefuted) slots = slots.map((path, slot) => (slot < base ? path : null));
    const own = paths.map((path) => path.at(-1) ?? { tokenId: 0, position: 0 });
    const frame = {
      arena: ARENA,
      base,
      positions: own.map(({ position }) => position),
      parents,
      tokenIds: own.map(({ tokenId }) => tokenId),
      refuted: isRefuted,
    };
    return { frame, paths };
  });
}

/** The same rows as a chain in an empty arena. */
export function freshFrame(path: readonly Row[]): ProbeFrame {
  return {
    arena: FRESH_ARENA,
    base: 0,
    positions: path.map(({ position }) => position),
    parents: path.map((_, i) => i - 1),
    tokenIds: path.map(({ tokenId }) => tokenId),
    refuted: false,
  };
}

/** The previous row most often, else its sibling, any row, or none. */
function chooseParent(slots: readonly (readonly Row[] | null)[], below: (n: number) => number, dice: number): number {
  const live = slots.flatMap((path, slot) => (path === null ? [] : [slot]));
  const last = live.at(-1);
  if (last === undefined || dice < 0.08) return ROOT;
  if (dice < 0.6) return last;
  if (dice < 0.8) return live.at(-2) ?? last;
  return live[below(live.length)] ?? last;
}
