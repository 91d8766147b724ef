/**
 * What the pipeline needs from the outside: arithmetic and links. Tabs, the simulator and tests provide their own.
 * Nothing here knows of onnxruntime, WebRTC or the DOM.
 */
import type { Activations, CacheCommand, RowScore, RowTable, ScorePolicy } from "@jupiter/protocol";

/** Decoder layers `first` (inclusive) to `end` (exclusive). */
export interface LayerRange {
  readonly first: number;
  readonly end: number;
}

/** A result and what it took, from the start of the arithmetic to its end; waiting for a busy device is not part of it. */
export interface Computed<T> {
  readonly result: T;
  readonly computeMs: number;
}

/**
 * Runs a contiguous range of layers and owns their KV caches.
 *
 * Order: calls are made one at a time and in frame order; the caller awaits `forward` before the next call.
 * `forward` takes ownership of `x` and returns fresh memory that the caller owns. Failures reject or throw with an error whose message a person can read.
 */
export interface Stage {
  /** `x` `[T, D]` in, `[T, D]` float32 out; appends the rows to the arena's slots from `rows.base` on. */
  forward(x: Activations, rows: RowTable): Promise<Computed<Activations>>;
  /** The same change of the slot list, no arithmetic: for a frame that is wholly dead. */
  skip(rows: RowTable): void;
  apply(command: CacheCommand): void;
}

/** Final norm, LM head, and the choice of a token. */
export interface Head {
  /** `x` `[R, D]`, one policy a row; scores in row order. */
  score(x: Activations, policies: readonly ScorePolicy[]): Promise<Computed<readonly RowScore[]>>;
}

/** Token ids `[T]` → activations `[T, D]` float32. */
export type Embedding = (ids: Int32Array) => Activations;
