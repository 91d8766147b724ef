import { fillBias, SlotLists, toFloat32, type Activations, type CacheCommand, type RowTable } from "@jupiter/protocol";
import type { ModelShape } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";
import { grownCapacity, type Executor } from "./executor.ts";
import { exclusive, type Computed } from "./exclusive.ts";

export interface StageLimits {
  /** Slots promised per arena. */
  readonly maxSlots: number;
  /** Arenas that are open at once. */
  readonly maxArenas: number;
  /** Longer frames are run in parts of so many rows: some adapters compute long ones wrongly. */
  readonly maxRows: number;
}

/**
 * A stage: slot lists on top of an executor's buffers. Calls come one at a time and in frame order.
 *
 * Buffers grow by doubling up to `maxSlots`; a frame that needs more is refused with 'out-of-memory', one for an arena too many with 'bad-frame',
 * before anything has changed.
 */
export class StageRunner {
  readonly #shape: ModelShape;
  readonly #executor: Executor;
  readonly #lists = new SlotLists();
  readonly #capacity = new Map<number, number>();
  readonly #limits: StageLimits;
  #disposed = false;

  constructor(shape: ModelShape, executor: Executor, limits: StageLimits) {
    this.#shape = shape;
    this.#executor = executor;
    this.#limits = limits;
  }

  get memoryBytes(): number {
    return this.#executor.memoryBytes;
  }

  get inPlace(): boolean {
    return this.#executor.inPlace;
  }

  /** `x` `[T, D]` in the wire's type; returns `[T, D]` float32 in fresh memory. A frame that is refused changes nothing. */
  async forward(x: Activations, rows: RowTable): Promise<Computed<Activations>> {
    this.#check();
    const T = rows.parents.length;
    const { D } = this.#shape;
    if (x.rows !== T || x.hidden !== D) {
      throw new RuntimeError("bad-frame", `Expected activations of ${T} x ${D}, got ${x.rows} x ${x.hidden}.`);
    }
    this.#reserve(rows.arena, rows.base + T);
    const values = toFloat32(x);
    const { maxRows } = this.#limits;
    if (T <= maxRows) return this.#run(values, rows);
    const data = new Float32Array(T * D);
    let computeMs = 0;
    for (let start = 0; start < T; start += maxRows) {
      const end = Math.min(T, start + maxRows);
      const part = await this.#run(values.subarray(start * D, end * D), partOf(rows, start, end));
      data.set(toFloat32(part.result), start * D);
      computeMs += part.computeMs;
    }
    return { result: { wire: "f32", rows: T, hidden: D, data }, computeMs };
  }

  #run(x: Float32Array, rows: RowTable): Promise<Computed<Activations>> {
    const list = this.#lists.append(rows);
    const T = rows.parents.length;
    return exclusive(async () => {
      this.#check(); // may have been given back while this waited for its turn
      const data = await this.#executor.run({
        arena: rows.arena,
        T,
        total: list.length,
        x,
        positions: rows.positions,
        writeBias: (out) => fillBias(list, rows, out),
      });
      return { wire: "f32", rows: T, hidden: this.#shape.D, data };
    });
  }

  /** A dead frame: the list grows, the slots keep what they hold (masked, finite). */
  skip(rows: RowTable): void {
    this.#check();
    this.#reserve(rows.arena, rows.base + rows.parents.length);
    this.#lists.append(rows);
  }

  apply(command: CacheCommand): void {
    this.#check();
    this.#lists.apply(command);
    switch (command.kind) {
      case "keep":
        this.#executor.copyRows(command.arena, command.slots, command.arena, command.base);
        return;
      case "move":
        this.#reserve(command.arena, command.base + command.slots.length);
        this.#executor.copyRows(command.from, command.slots, command.arena, command.base);
        return;
      case "free":
        this.#executor.free(command.arena);
        this.#capacity.delete(command.arena);
        return;
      case "plan":
        return;
      default:
        command satisfies never;
    }
  }

  /** Frees everything once the run that is under way, if any, is done with it; runs that wait for their turn are refused with 'disposed'. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await exclusive(() => this.#executor.dispose());
  }

  /** Ends as `dispose` does, but leaves its layers, without any cache, to the next stage. */
  async handOver(): Promise<Executor> {
    this.#check();
    this.#disposed = true;
    await exclusive(async () => this.#capacity.forEach((_, arena) => this.#executor.free(arena)));
    return this.#executor;
  }

  #reserve(arena: number, slots: number): void {
    const current = this.#capacity.get(arena) ?? 0;
    if (slots <= current) return;
    const { maxArenas } = this.#limits;
    if (current === 0 && this.#capacity.size >= maxArenas) {
      const open = `${[...this.#capacity.keys()].join(", ")} of at most ${maxArenas}`;
      throw new RuntimeError(
        "bad-frame",
        `Rows came for arena ${arena}, but open are ${open}; one must be freed first.`,
      );
    }
    if (slots > this.#limits.maxSlots) {
      throw new RuntimeError(
        "out-of-memory",
        `This conversation needs ${slots} tokens of cache; this device promised ${this.#limits.maxSlots}. Start a new conversation.`,
      );
    }
    const capacity = grownCapacity(current, slots, this.#limits.maxSlots);
    this.#executor.reserve(arena, capacity);
    this.#capacity.set(arena, capacity);
  }

  #check(): void {
    if (this.#disposed) throw new RuntimeError("disposed", "This stage was given back; join the room again.");
  }
}

function partOf({ arena, base, positions, parents, wanted }: RowTable, start: number, end: number): RowTable {
  const part = <A extends Int32Array | Uint8Array>(values: A) => values.slice(start, end) as A;
  return { arena, base: base + start, positions: part(positions), parents: part(parents), wanted: part(wanted) };
}
