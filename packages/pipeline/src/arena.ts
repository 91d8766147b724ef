/**
 * The host's copy of an arena's slot list, with the rows that lie in it. It changes exactly as the frames and commands it hands out will change
 * the stages' lists, in the same order.
 *
 * Invariants:
 * 1. a new row goes behind the last live one: dead slots at the list's end are written over (rollback by base slot);
 * 2. dead slots between live ones stay until `compact`, whose command must travel with the next frame.
 */
import { ROOT, type ArenaId, type CacheCommand, type FrameNumber, type RowTable, type Slot } from "@jupiter/protocol";
import { Row } from "./row.ts";

/** Dead slots between live ones cost attention over them; moving what is live costs a copy. */
const DEAD_AT_LEAST = 16;
const DEAD_SHARE = 1 / 8;

export class Arena {
  readonly id: ArenaId;
  readonly root = new Row(-1, null, { certain: true, owner: null });
  readonly #slots: Row[] = [];

  constructor(id: ArenaId) {
    this.id = id;
  }

  /** Where the next row goes. */
  get end(): Slot {
    for (let last = this.#slots.at(-1); last !== undefined && !last.live; last = this.#slots.at(-1)) this.#slots.pop();
    return this.#slots.length;
  }

  /** Rows of the longest known line that begins `ids`, at most `limit` of them. */
  find(ids: ArrayLike<number>, limit: number): Row[] {
    const found: Row[] = [];
    for (let at: Row | undefined = this.root; found.length < limit; found.push(at)) {
      const token: number | undefined = ids[found.length];
      at = at.children.find((row) => row.certain && row.token === token);
      if (at === undefined) break;
    }
    return found;
  }

  /** Gives the rows their slots; what the frame says of them. */
  append(rows: readonly Row[], frame: FrameNumber, isWanted: (row: Row) => boolean): RowTable {
    const base = this.end;
    for (const row of rows) {
      row.slot = this.#slots.length;
      row.frame = frame;
      this.#slots.push(row);
    }
    return {
      arena: this.id,
      base,
      positions: Int32Array.from(rows, ({ position }) => position),
      parents: Int32Array.from(rows, ({ parent }) => parent?.slot ?? ROOT),
      wanted: Uint8Array.from(rows, (row) => Number(isWanted(row))),
    };
  }

  get needsCompacting(): boolean {
    const { end } = this;
    const dead = this.#slots.reduce((count, row) => count + (row.live ? 0 : 1), 0);
    return dead >= DEAD_AT_LEAST && dead > end * DEAD_SHARE;
  }

  /** Moves live rows together; the command does the same on every stage. Null: nothing is dead. */
  compact(): CacheCommand | null {
    const { end } = this;
    const base = this.#slots.findIndex((row) => !row.live);
    if (base < 0) return null;
    const kept = this.#slots.slice(base, end).filter((row) => row.live);
    const slots = kept.map((row) => row.slot ?? 0);
    this.#slots.length = base;
    for (const row of kept) {
      row.slot = this.#slots.length;
      this.#slots.push(row);
    }
    return { kind: "keep", arena: this.id, base, slots };
  }
}
