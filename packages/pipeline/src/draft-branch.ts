/**
 * A line of text as a drafter's own model knows it: certain rows, and below the last of them those that were drafted and computed.
 *
 * Invariants:
 * 1. a branch holds its certain rows and its drafts, nothing else, and lets go of all when it ends;
 * 2. its tip is its own, never shared: what is drafted below it is this branch's.
 */
import type { Arena } from "./arena.ts";
import type { BranchView } from "./drafter.ts";
import { Row } from "./row.ts";

export class DraftBranch {
  readonly path: Row[];
  readonly #arena: Arena;

  /** Takes over what the arena holds of the text's beginning. */
  constructor(arena: Arena, certain: readonly number[]) {
    this.#arena = arena;
    this.path = arena.find(certain, certain.length - 1);
    for (const row of this.path) row.hold();
    // Beside whatever others drafted there.
    for (const token of certain.slice(this.path.length)) this.#push(token);
  }

  /** The rows of a view, from the text's first on; those that are not computed yet have no slot. */
  follow({ certain, drafted }: Pick<BranchView, "certain" | "drafted">): readonly Row[] {
    for (let i = this.path.length; i < certain.length; i++) this.#grow(certain[i] ?? NaN);
    const rows = [...this.path];
    for (const token of drafted) {
      const last = rows.at(-1) ?? this.#arena.root;
      rows.push(last.drafts.find((row) => row.token === token) ?? held(new Row(token, last, DRAFTED)));
    }
    return rows;
  }

  /** The rows that are computed, for whoever goes on from them; the branch itself lets go of all. */
  end(): readonly Row[] {
    for (const draft of this.path.at(-1)?.drafts ?? []) draft.refute();
    const uncomputed = this.path.findIndex(({ slot }) => slot === null);
    const computed = uncomputed < 0 ? this.path : this.path.slice(0, uncomputed);
    for (const row of computed) row.hold();
    for (const row of this.path) row.release();
    return computed;
  }

  #grow(token: number): void {
    const tip = this.path.at(-1);
    const drafts = tip?.drafts ?? [];
    const next = drafts.find((draft) => draft.token === token);
    for (const draft of drafts) if (draft !== next) draft.refute();
    if (next === undefined) {
      this.#push(token);
    } else {
      next.certain = true;
      this.path.push(next);
    }
  }

  #push(token: number): void {
    this.path.push(held(new Row(token, this.path.at(-1) ?? this.#arena.root, CERTAIN)));
  }
}

const CERTAIN = { certain: true, owner: null } as const;
const DRAFTED = { certain: false, owner: null } as const;

function held(row: Row): Row {
  row.hold();
  return row;
}
