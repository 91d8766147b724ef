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

/**
 * Runs a contiguous range of layers and owns their KV caches.
 *
 * Order: calls are made one at a time and in frame order; the caller awaits `forward` before the next call.
 * `forward` takes ownership of `x` and returns fresh memory that the caller owns. Rejects with `RuntimeError` ('device-lost' | 'out-of-memory' | 'bad-frame').
 */
export interface Stage {
  readonly layers: LayerRange;
  /** `x` `[T, D]` in, `[T, D]` float32 out; appends the rows to the arena's slots from `rows.base` on. */
  forward(x: Activations, rows: RowTable): Promise<Activations>;
  /** The same change of the slot list, no arithmetic: for a frame that is wholly dead. */
  skip(rows: RowTable): void;
  apply(command: CacheCommand): Promise<void>;
  dispose(): Promise<void>;
}

/** Final norm, LM head, and the choice of a token. `rows` index into `x` `[R, D]`. */
export interface Head {
  score(x: Activations, rows: readonly number[], policies: readonly ScorePolicy[]): Promise<readonly RowScore[]>;
  dispose(): Promise<void>;
}

/** Token ids → activations `[T, D]` float32. */
export interface Embedding {
  embed(ids: Int32Array): Activations;
}
