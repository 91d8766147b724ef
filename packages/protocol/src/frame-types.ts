/**
 * What travels round the ring, as values. The bytes are in `frame-layout.ts`.
 *
 * Shapes: `T` new tokens (rows) of a frame, `D` hidden size. A slot is an index into an arena's list; a row written at slot
 * `base + i` sees its ancestors (by `parent`, a slot lower than its own) and itself, nothing else.
 */

export type FrameNumber = number; // u32, rises by one per frame the host sends; never reused within a ring
export type ArenaId = number; // u32
export type Slot = number; // u32

/** `ROOT` as a parent: the row starts a line of its own. */
export const ROOT = -1;

export type WireType = "f32" | "f16";

/** The token table of a frame: where each row stands. Three arrays of length `T`. */
export interface RowTable {
  readonly arena: ArenaId;
  /** The slot of row 0; row `i` goes to `base + i`. Lower than the list's end means: drop the slots from `base` on first (rollback). */
  readonly base: Slot;
  /** int32 `[T]`: position for the rotary embedding. Equal and skipped positions are fine. */
  readonly positions: Int32Array;
  /** int32 `[T]`: slot of the parent, or `ROOT`. Always lower than the row's own slot. */
  readonly parents: Int32Array;
  /** uint8 `[T]`: 1 where the host wants the row back for scoring. */
  readonly wanted: Uint8Array;
}

/** Changes to the slot lists, applied by every stage in frame order before the frame's rows. */
export type CacheCommand =
  /** Of the slots from `base` on, keep `slots` (rising), moved together to `base`, `base + 1`, …; their parents are renumbered. */
  | { readonly kind: "keep"; readonly arena: ArenaId; readonly base: Slot; readonly slots: readonly Slot[] }
  /** Append copies of `slots` (rising) of arena `from` to `arena` at `base`. A parent not among `slots` must lie in no one: the copy is a root. */
  | {
      readonly kind: "move";
      readonly arena: ArenaId;
      readonly base: Slot;
      readonly from: ArenaId;
      readonly slots: readonly Slot[];
    }
  | { readonly kind: "free"; readonly arena: ArenaId }
  /** From here on the ring runs plan number `epoch`. Changes no slots, and asks nothing of a stage: frames of another plan are told by their own epoch. */
  | { readonly kind: "plan"; readonly epoch: number };

/** Measured by each stage, appended as the frame passes; microseconds. */
export interface StageTime {
  /** Index of the stage in the ring. */
  readonly stage: number;
  /** From `run` call to result inside the worker. 0 for a frame passed on dead. */
  readonly computeUs: number;
  /** From the frame's arrival in the worker to the start of its run. */
  readonly queueUs: number;
}

interface FrameHead {
  readonly frame: FrameNumber;
  /** Plan epoch under which it was sent. */
  readonly epoch: number;
  readonly times: readonly StageTime[];
}

/** Rows on their way through the stages, with activations `[T, D]`. `commands` come first. */
export interface RowsFrame extends FrameHead {
  readonly kind: "rows";
  readonly commands: readonly CacheCommand[];
  readonly rows: RowTable;
  /** True once a stage found the frame cancelled: activations are empty and no stage computes, lists are still updated. */
  readonly dead: boolean;
  readonly activations: Activations;
}

/** Commands without rows. */
export interface CommandsFrame extends FrameHead {
  readonly kind: "commands";
  readonly commands: readonly CacheCommand[];
}

/** Last stage → host: the wanted rows' activations `[R, D]`, in row order. */
export interface ReturnFrame extends FrameHead {
  readonly kind: "return";
  /** uint16 row indices `[R]`. */
  readonly rowIndices: readonly number[];
  readonly activations: Activations;
}

/** Last stage → host where the head sits on the last stage: scores instead of activations. */
export interface ScoresFrame extends FrameHead {
  readonly kind: "scores";
  /** What the head took. `times` are the stages' alone. Microseconds. */
  readonly headUs: number;
  readonly scores: readonly RowScore[];
}

/** Last stage → host: the frame went all the way round, nothing was wanted (or it was dead). */
export interface AckFrame extends FrameHead {
  readonly kind: "ack";
  readonly dead: boolean;
}

/** Host → stage on the control link, ahead of frames: these frames are refuted; do not compute them. Never names slots. */
export interface CancelFrame {
  readonly kind: "cancel";
  readonly frames: readonly FrameNumber[];
}

/** UTF-8 JSON on the control link, validated by `control.ts`'s zod schemas. */
export interface ControlFrame {
  readonly kind: "control";
  readonly json: string;
}

/** A slice of weights on a bulk link. */
export interface BulkFrame {
  readonly kind: "bulk";
  readonly requestId: number;
  readonly offset: number;
  readonly totalBytes: number;
  readonly bytes: Uint8Array;
}

/**
 * On a link that is only measured. Who measures says `ping`, `fill`s or `want`; the other side answers `pong`, `arrived` (after the last fill) or fills.
 */
export interface ProbeFrame {
  readonly kind: "probe";
  readonly step: ProbeStep;
  /** Chosen by who measures; the answer has it too. */
  readonly number: number;
  /** Of `fill`: those of its burst that follow; of `want`: bytes of each fill that is asked for; of `arrived`: microseconds from first to last; else 0. */
  readonly value: number;
  /** Of `fill`; else none. */
  readonly bytes: Uint8Array;
}

export type ProbeStep = "ping" | "pong" | "fill" | "arrived" | "want";

export type Frame =
  | RowsFrame
  | CommandsFrame
  | ReturnFrame
  | ScoresFrame
  | AckFrame
  | CancelFrame
  | ControlFrame
  | BulkFrame
  | ProbeFrame;

/** `[rows, D]` row-major. `data` holds `rows * D` values of `wire`: Float32Array, or Uint16Array of IEEE half bits. */
export type Activations =
  | { readonly wire: "f32"; readonly rows: number; readonly hidden: number; readonly data: Float32Array }
  | { readonly wire: "f16"; readonly rows: number; readonly hidden: number; readonly data: Uint16Array };

/** How the head chooses a row's token. Temperature 0 is greedy. `random` is the uniform number in [0, 1) that the choice uses. */
export interface ScorePolicy {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly random: number;
  /** Token ids whose log-probability is wanted besides the best ones. */
  readonly askIds: readonly number[];
  /** Medusa heads are to guess what follows the choice. Where the host scores; never on the wire. */
  readonly guesses?: boolean;
}

export interface RowScore {
  readonly row: number;
  /** The greedy or sampled id. */
  readonly chosen: number;
  /** The best ids, best first, with natural log-probabilities at temperature 1. */
  readonly best: readonly { readonly id: number; readonly logProb: number }[];
  /** In the order of `askIds`. */
  readonly asked: readonly number[];
  /** Nats, at temperature 1. */
  readonly entropy: number;
  /** Of each Medusa head its best, best first: the first guesses the token after the chosen one. Never on the wire. */
  readonly guesses?: readonly (readonly { readonly id: number; readonly logProb: number }[])[];
}
