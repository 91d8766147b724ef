/**
 * The meaning of a frame's token table: the list of cache slots that the host and every stage keep alike.
 *
 * Invariants, held by every method or the call throws and changes nothing:
 * 1. a parent is `ROOT` or a slot lower than its child's;
 * 2. a row goes to the list's end, after the slots from `base` on are dropped (rollback);
 * 3. lists change only by `append` and `apply`, so equal sequences give equal lists.
 */
import type { ArenaId, CacheCommand, RowTable, Slot } from "./frame-types.ts";
import { ROOT } from "./frame-types.ts";
import { LIMITS } from "./limits.ts";

export type SlotReason =
  "bad-base" | "bad-parent" | "bad-rows" | "bad-keep" | "bad-move" | "too-many-slots" | "too-many-arenas";

/** A token table or a command that does not fit the list it names. The frame that brought it must not be run. */
export class SlotError extends Error {
  override readonly name = "SlotError";
  readonly reason: SlotReason;
  constructor(reason: SlotReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** One arena's slots: parent and position of each. */
export class SlotList {
  #parents = new Int32Array(64);
  #positions = new Int32Array(64);
  /** Lowest slot of the unbroken run (each slot the parent of the next) that ends here: makes walks up a chain one step long. */
  #runStarts = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  parentAt(slot: Slot): Slot {
    return at(this.#parents, slot, this.#length);
  }

  positionAt(slot: Slot): number {
    return at(this.#positions, slot, this.#length);
  }

  runStartAt(slot: Slot): Slot {
    return at(this.#runStarts, slot, this.#length);
  }

  /** Drops the slots from `rows.base` on, then appends the rows. */
  append(rows: RowTable): void {
    const { base, positions, parents, wanted } = rows;
    const T = parents.length;
    if (positions.length !== T || wanted.length !== T || T === 0 || T > LIMITS.rowsPerFrame) {
      throw new SlotError(
        "bad-rows",
        `a frame's table needs 1 to ${LIMITS.rowsPerFrame} rows and arrays of one length; got ${T} parents, ${positions.length} positions, ${wanted.length} wanted`,
      );
    }
    this.#checkBase(base, T);
    for (let i = 0; i < T; i++) checkParent(parents[i] ?? NaN, base + i);
    this.#reserve(base + T);
    this.#length = base;
    for (let i = 0; i < T; i++) this.#push(parents[i] ?? ROOT, positions[i] ?? 0);
  }

  /** Of the slots from `base` on keep `slots`, moved together; a kept slot's parent must be below `base` or kept too. */
  keep(base: Slot, slots: readonly Slot[]): void {
    if (base < 0 || base > this.#length) throw badBase("bad-keep", base, this.#length);
    checkRising("bad-keep", slots, base, this.#length);
    const renumbered = new Map<Slot, Slot>();
    const kept = slots.map((slot, i) => {
      const parent = this.parentAt(slot);
      const moved = parent < base ? parent : renumbered.get(parent);
      if (moved === undefined) {
        throw new SlotError("bad-keep", `slot ${slot} is to be kept but its parent ${parent} is not; keep whole paths`);
      }
      renumbered.set(slot, base + i);
      return { parent: moved, position: this.positionAt(slot) };
    });
    this.#length = base;
    for (const { parent, position } of kept) this.#push(parent, position);
  }

  /** Copies of `slots` of another list go to `base`; a copy whose parent is not copied becomes a root. */
  moveFrom(from: SlotList, base: Slot, slots: readonly Slot[]): void {
    if (from === this) throw new SlotError("bad-move", "slots move between two arenas; use keep inside one");
    checkRising("bad-move", slots, 0, from.length);
    this.#checkBase(base, slots.length);
    this.#reserve(base + slots.length);
    this.#length = base;
    const renumbered = new Map<Slot, Slot>();
    slots.forEach((slot, i) => {
      renumbered.set(slot, base + i);
      this.#push(renumbered.get(from.parentAt(slot)) ?? ROOT, from.positionAt(slot));
    });
  }

  #push(parent: Slot, position: number): void {
    const slot = this.#length++;
    this.#parents[slot] = parent;
    this.#positions[slot] = position;
    this.#runStarts[slot] = parent !== ROOT && parent === slot - 1 ? (this.#runStarts[parent] ?? slot) : slot;
  }

  #checkBase(base: Slot, rows: number): void {
    if (!Number.isInteger(base) || base < 0 || base > this.#length) throw badBase("bad-base", base, this.#length);
    if (base + rows > LIMITS.slotsPerArena) {
      throw new SlotError(
        "too-many-slots",
        `an arena holds at most ${LIMITS.slotsPerArena} slots; ${base + rows} asked`,
      );
    }
  }

  #reserve(length: number): void {
    if (length <= this.#parents.length) return;
    const capacity = Math.max(length, 2 * this.#parents.length);
    this.#parents = grown(this.#parents, capacity);
    this.#positions = grown(this.#positions, capacity);
    this.#runStarts = grown(this.#runStarts, capacity);
  }
}

/** The lists of all arenas. An arena is there from its first rows until `free`. */
export class SlotLists {
  readonly #lists = new Map<ArenaId, SlotList>();

  get size(): number {
    return this.#lists.size;
  }

  tryGet(arena: ArenaId): SlotList | null {
    return this.#lists.get(arena) ?? null;
  }

  append(rows: RowTable): SlotList {
    return this.#change(rows.arena, (list) => list.append(rows));
  }

  /** `plan` changes no list. Freeing an unknown arena is fine: its rows may never have come. */
  apply(command: CacheCommand): void {
    switch (command.kind) {
      case "keep": {
        const list = this.#lists.get(command.arena);
        if (!list) throw new SlotError("bad-keep", `arena ${command.arena} has no slots to keep`);
        return list.keep(command.base, command.slots);
      }
      case "move": {
        const from = this.#lists.get(command.from);
        if (!from) throw new SlotError("bad-move", `arena ${command.from} has no slots to move`);
        this.#change(command.arena, (list) => list.moveFrom(from, command.base, command.slots));
        return;
      }
      case "free":
        this.#lists.delete(command.arena);
        return;
      case "plan":
        return;
      default:
        command satisfies never;
    }
  }

  /** A new arena is kept only if its first change succeeds. */
  #change(arena: ArenaId, change: (list: SlotList) => void): SlotList {
    const known = this.#lists.get(arena);
    if (!known && this.#lists.size >= LIMITS.arenas) {
      throw new SlotError("too-many-arenas", `at most ${LIMITS.arenas} arenas; free one before using arena ${arena}`);
    }
    const list = known ?? new SlotList();
    change(list);
    this.#lists.set(arena, list);
    return list;
  }
}

function checkParent(parent: number, slot: Slot): void {
  if (parent >= ROOT && parent < slot) return;
  throw new SlotError(
    "bad-parent",
    `the parent of slot ${slot} must be ${ROOT} (a root) or a lower slot, not ${parent}`,
  );
}

function checkRising(reason: "bad-keep" | "bad-move", slots: readonly Slot[], first: Slot, end: Slot): void {
  let last = first - 1;
  for (const slot of slots) {
    if (!Number.isInteger(slot) || slot <= last || slot >= end) {
      throw new SlotError(reason, `slots must rise within ${first}..${end - 1}; got ${slot} after ${last}`);
    }
    last = slot;
  }
}

function badBase(reason: "bad-base" | "bad-keep", base: number, length: number): SlotError {
  return new SlotError(reason, `the base slot must lie in 0..${length}, the list's end; got ${base}`);
}

function at(values: Int32Array, slot: Slot, length: number): number {
  const value = slot < length ? values[slot] : undefined;
  if (value === undefined) throw new RangeError(`slot ${slot} of a list of ${length}`);
  return value;
}

function grown(values: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(capacity);
  next.set(values);
  return next;
}
