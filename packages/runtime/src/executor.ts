import type { ArenaId, Slot } from "@jupiter/protocol";

/** One frame's inputs in the form that graphs take. Shapes: `T` rows, `total` slots after appending. */
export interface Step {
  readonly arena: ArenaId;
  readonly T: number;
  readonly total: number;
  /** float32 `[T, D]`. */
  readonly x: Float32Array;
  /** int32 `[T]`. */
  readonly positions: Int32Array;
  /** Writes float32 `[T, total]` (0 where visible, very negative elsewhere) into memory that the executor owns. */
  readonly writeBias: (out: Float32Array) => void;
}

/**
 * Runs the sessions of a stage on one back end and holds the KV buffers of every arena. `StageRunner` keeps the slot lists; an executor
 * only knows rows of buffers.
 *
 * Order: one call at a time. `run` appends rows `total - T … total - 1` of the arena and returns float32 `[T, D]` in fresh memory.
 * New buffer space is zero, so that masked slots are always finite.
 */
export interface Executor {
  run(step: Step): Promise<Float32Array>;
  /** Makes the arena's buffers hold at least `capacity` slots, keeping what they hold. Opens the arena if it is new. */
  reserve(arena: ArenaId, capacity: number): void;
  /** Copies rows `slots` of `from` to rows `base`, `base + 1`, … of `to`, as if all were read before the first is written. */
  copyRows(from: ArenaId, slots: readonly Slot[], to: ArenaId, base: Slot): void;
  free(arena: ArenaId): void;
  /** Bytes of weights and buffers that this executor holds on its device, as far as it can know. */
  readonly memoryBytes: number;
  /** Attention appends to the cache where it lies; false: it is copied on every run. */
  readonly inPlace: boolean;
  dispose(): Promise<void>;
}

/** Names of a stage graph's inputs and outputs for `layers` layers, in the order in which executors pass tensors. */
export function graphNames(layers: number): { inputs: string[]; outputs: string[] } {
  const inputs = ["x", "position_ids", "attention_bias", "last_index", "total"];
  const outputs = ["y"];
  for (let i = 0; i < layers; i++) {
    inputs.push(`past_key.${i}`, `past_value.${i}`);
    outputs.push(`present_key.${i}`, `present_value.${i}`);
  }
  return { inputs, outputs };
}

/** Doubles from `current` until `needed` fits; the first size is 256 slots. */
export function grownCapacity(current: number, needed: number, limit: number): number {
  let capacity = Math.max(current, 256);
  while (capacity < needed) capacity *= 2;
  return Math.max(needed, Math.min(capacity, limit));
}
