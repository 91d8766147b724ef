import { toFloat32 } from "./activations.ts";
import { fillBias, SlotLists, type Activations, type CacheCommand, type RowTable } from "@jupiter/protocol";
import type { ModelShape } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";
import { grownCapacity, type Executor } from "./executor.ts";

/**
 * A stage: slot lists on top of an executor's buffers. Calls come one at a time and in frame order.
 *
 * Buffers grow by doubling up to `maxSlots`; a frame that needs more is refused with 'out-of-memory' before anything has changed.
 */
export class StageRunner {
  readonly #shape: ModelShape;
  readonly #executor: Executor;
  readonly #lists = new SlotLists();
  readonly #capacity = new Map<number, number>();
  readonly #maxSlots: number;
  #disposed = false;

  constructor(shape: ModelShape, executor: Executor, maxSlots: number) {
    this.#shape = shape;
    this.#executor = executor;
    this.#maxSlots = maxSlots;
  }

  get memoryBytes(): number {
    return this.#executor.memoryBytes;
  }

  get inPlace(): boolean {
    return this.#executor.inPlace;
  }

  /** `x` `[T, D]` in the wire's type; returns `[T, D]` float32 in fresh memory. */
  async forward(x: Activations, rows: RowTable): Promise<Activations> {
    this.#check();
    const T = rows.parents.length;
    const { D } = this.#shape;
    if (x.rows !== T || x.hidden !== D) {
      throw new RuntimeError("bad-frame", `Expected activations of ${T} x ${D}, got ${x.rows} x ${x.hidden}.`);
    }
    this.#reserve(rows.arena, rows.base + T);
    const list = this.#lists.append(rows);
    const data = await this.#executor.run({
      arena: rows.arena,
      T,
      total: list.length,
      x: toFloat32(x),
      positions: rows.positions,
      writeBias: (out) => fillBias(list, rows, out),
    });
    return { wire: "f32", rows: T, hidden: D, data };
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

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#executor.dispose();
  }

  #reserve(arena: number, slots: number): void {
    const current = this.#capacity.get(arena) ?? 0;
    if (slots <= current) return;
    if (slots > this.#maxSlots) {
      throw new RuntimeError(
        "out-of-memory",
        `This conversation needs ${slots} tokens of cache; this device promised ${this.#maxSlots}. Start a new conversation.`,
      );
    }
    const capacity = grownCapacity(current, slots, this.#maxSlots);
    this.#executor.reserve(arena, capacity);
    this.#capacity.set(arena, capacity);
  }

  #check(): void {
    if (this.#disposed) throw new RuntimeError("disposed", "This stage was given back; join the room again.");
  }
}
