/**
 * Random frames for one arena: chains, siblings, trees, further roots, rollbacks, refuted frames; and the paths of their rows as chains, to be
 * computed afresh.
 */
import { ROOT } from "@jupiter/protocol";
import { seeded } from "@jupiter/testkit";
import type { ProbeFrame } from "../../apps/web/src/engine/probe.ts";

interface Row {
  readonly tokenId: number;
  readonly position: number;
}

/** From the root to the row itself. */
type Path = readonly Row[];

export interface Forest {
  readonly frames: readonly ProbeFrame[];
  /** Chains in an arena of their own, each from slot 0 on, that hold every row's path: one per path that no other goes on from. */
  readonly chains: readonly ProbeFrame[];
  /** Per row of each frame, its place in the chains; null for a row that a refuted frame brings. */
  readonly places: readonly (readonly ({ readonly chain: number; readonly row: number } | null)[])[];
}

const ARENA = 1;
const FRESH_ARENA = 2;

/** Frames of `sizes` rows, in this order, the first from slot 0 on; token ids below `V`. */
export function randomForest(sizes: readonly number[], V: number, seed: number): Forest {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  /** By slot; null: refuted, no one may build on it. */
  let slots: (Path | null)[] = [];
  const frames = sizes.map((size) => {
    if (random() < 0.3) slots = slots.slice(0, below(slots.length + 1));
    const base = slots.length;
    const isRefuted = base > 0 && random() < 0.2;
    const parents: number[] = [];
    const paths: Path[] = [];
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
  const live = frames.flatMap(({ frame, paths }) => (frame.refuted ? [] : paths));
  // A path is a new array whose rows are those of the path that it goes on from.
  const continued = new Set(live.flatMap((path) => path.slice(0, -1)));
  const ends = live.filter((path) => path.slice(-1).every((row) => !continued.has(row)));
  const placeOf = (path: Path) => ({
    chain: ends.findIndex((end) => end[path.length - 1] === path.at(-1)),
    row: path.length - 1,
  });
  return {
    frames: frames.map(({ frame }) => frame),
    chains: ends.map(chainFrame),
    places: frames.map(({ frame, paths }) => paths.map((path) => (frame.refuted ? null : placeOf(path)))),
  };
}

function chainFrame(path: Path): ProbeFrame {
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
function chooseParent(slots: readonly (Path | null)[], below: (n: number) => number, dice: number): number {
  const live = slots.flatMap((path, slot) => (path === null ? [] : [slot]));
  const last = live.at(-1);
  if (last === undefined || dice < 0.08) return ROOT;
  if (dice < 0.6) return last;
  if (dice < 0.8) return live.at(-2) ?? last;
  return live[below(live.length)] ?? last;
}
