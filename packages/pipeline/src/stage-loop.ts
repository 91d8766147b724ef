/**
 * What a stage does with the frames that reach it, as a state machine: events in, effects out, no I/O. One loop per share of layers; a device
 * with two shares (the host's first and last layers) has two.
 *
 * Invariants:
 * 1. frames are taken in the order of their numbers; a gap or a repeat ends the link that brought it;
 * 2. one `forward` or `score` at a time, and nothing is taken while one runs;
 * 3. a frame is taken at a `turn`, never at its arrival: cancels that arrived meanwhile are seen first;
 * 4. a dead frame changes the slot lists (`skip`) and nothing else, and is passed on.
 */
import {
  type Activations,
  type CacheCommand,
  type CommandsFrame,
  type Frame,
  type FrameNumber,
  type RowScore,
  type RowsFrame,
  type RowTable,
  type StageTime,
} from "@jupiter/protocol";
import { PipelineError } from "./errors.ts";
import { pickRows } from "./pick-rows.ts";

export interface StagePlace {
  /** Index in the ring, 0 for the first share after the embedding. */
  readonly index: number;
  readonly last: boolean;
  readonly epoch: number;
  /** Of the last stage: it has final norm and LM head, and tells the host scores instead of activations. */
  readonly scores?: boolean;
}

export type StageEvent =
  | { readonly kind: "frame"; readonly frame: RowsFrame | CommandsFrame }
  | { readonly kind: "cancel"; readonly frames: readonly FrameNumber[] }
  /** Comes some time after a `turn` effect, when the messages that had arrived are handled. */
  | { readonly kind: "turn" }
  /** The `forward` effect's result, float32 or whatever the stage's shell makes of it for the wire. */
  | { readonly kind: "forwarded"; readonly activations: Activations; readonly computeUs: number }
  /** The `score` effect's result, in row order. */
  | { readonly kind: "scored"; readonly scores: readonly RowScore[]; readonly headUs: number };

export type StageEffect =
  | { readonly kind: "turn" }
  | { readonly kind: "apply"; readonly command: CacheCommand }
  | { readonly kind: "forward"; readonly rows: RowTable; readonly activations: Activations }
  | { readonly kind: "skip"; readonly rows: RowTable }
  /** Run the head over these rows, the wanted ones. */
  | { readonly kind: "score"; readonly activations: Activations }
  /** To the next stage, or to the host where this stage is the last. */
  | { readonly kind: "pass"; readonly frame: Frame };

/** Two or three chunks are in flight per link; a sender with more than this unanswered is hostile or broken. */
const MAX_QUEUED = 256;

interface Queued {
  readonly frame: RowsFrame | CommandsFrame;
  readonly arrivedMs: number;
}

interface Scoring {
  readonly head: { readonly frame: FrameNumber; readonly epoch: number; readonly times: readonly StageTime[] };
  /** Indices of the rows that are scored. */
  readonly wanted: readonly number[];
}

export class StageLoop {
  readonly #place: StagePlace;
  readonly #queue: Queued[] = [];
  readonly #cancelled = new Set<FrameNumber>();
  #lastNumber: FrameNumber | null = null;
  #running: (Queued & { readonly frame: RowsFrame; readonly startedMs: number }) | null = null;
  /** Of the frame that runs, once its layers are done and its head is not. */
  #scoring: Scoring | null = null;
  #turnAsked = false;

  constructor(place: StagePlace) {
    this.#place = place;
  }

  /** Effects must be carried out in order, each before the next. Throws `PipelineError`; the link that brought the event is then closed. */
  handle(event: StageEvent, nowMs: number): StageEffect[] {
    switch (event.kind) {
      case "frame":
        this.#accept(event.frame, nowMs);
        return this.#askTurn();
      case "cancel":
        for (const frame of event.frames) if (frame > this.#taken) this.#cancelled.add(frame);
        return [];
      case "turn":
        this.#turnAsked = false;
        return this.#take(nowMs);
      case "forwarded":
        return [...this.#finish(event.activations, event.computeUs), ...this.#askTurn()];
      case "scored":
        return [this.#tell(event.scores, event.headUs), ...this.#askTurn()];
      default:
        return event satisfies never;
    }
  }

  /** Number of the last frame taken out of the queue; cancels up to it come too late and are forgotten. */
  get #taken(): FrameNumber {
    return (this.#queue[0]?.frame.frame ?? (this.#lastNumber ?? 0) + 1) - 1;
  }

  #accept(frame: RowsFrame | CommandsFrame, nowMs: number): void {
    if (this.#lastNumber !== null && frame.frame !== this.#lastNumber + 1) {
      throw new PipelineError("out-of-order", `Frame ${this.#lastNumber + 1} should have come, ${frame.frame} did.`);
    }
    if (frame.epoch !== this.#place.epoch) {
      throw new PipelineError(
        "stale-plan",
        `Frame ${frame.frame} belongs to plan ${frame.epoch}; this stage runs plan ${this.#place.epoch}.`,
      );
    }
    if (this.#queue.length >= MAX_QUEUED) {
      throw new PipelineError(
        "too-many-frames",
        `${MAX_QUEUED} frames wait here already; the sender does not heed acknowledgements.`,
      );
    }
    this.#lastNumber = frame.frame;
    this.#queue.push({ frame, arrivedMs: nowMs });
  }

  #askTurn(): StageEffect[] {
    if (this.#turnAsked || this.#running !== null || this.#queue.length === 0) return [];
    this.#turnAsked = true;
    return [{ kind: "turn" }];
  }

  /** Takes one frame; dead frames and commands cost nothing, so the next turn follows at once. */
  #take(nowMs: number): StageEffect[] {
    if (this.#running !== null) return [];
    const queued = this.#queue.shift();
    if (queued === undefined) return [];
    const { frame } = queued;
    const effects: StageEffect[] = frame.commands.map((command) => ({ kind: "apply", command }));
    const cancelled = this.#cancelled.delete(frame.frame);
    if (frame.kind === "rows" && !frame.dead && !cancelled) {
      this.#running = { ...queued, frame, startedMs: nowMs };
      return [...effects, { kind: "forward", rows: frame.rows, activations: frame.activations }];
    }
    const times = [...frame.times, this.#time(0, queued.arrivedMs, nowMs)];
    if (frame.kind === "rows") effects.push({ kind: "skip", rows: frame.rows });
    effects.push({ kind: "pass", frame: this.#passedOn(frame, times) });
    return [...effects, ...this.#askTurn()];
  }

  #passedOn(frame: RowsFrame | CommandsFrame, times: readonly StageTime[]): Frame {
    if (this.#place.last) {
      return { kind: "ack", frame: frame.frame, epoch: frame.epoch, times, dead: frame.kind === "rows" };
    }
    if (frame.kind === "commands") return { ...frame, times };
    const { hidden, wire } = frame.activations;
    const empty: Activations =
      wire === "f32"
        ? { wire, rows: 0, hidden, data: new Float32Array(0) }
        : { wire, rows: 0, hidden, data: new Uint16Array(0) };
    return { ...frame, times, dead: true, activations: empty };
  }

  #finish(activations: Activations, computeUs: number): StageEffect[] {
    const running = this.#running;
    if (running === null || this.#scoring !== null)
      throw new PipelineError("bad-frame", "A result came while nothing ran.");
    this.#running = null;
    const { frame, arrivedMs, startedMs } = running;
    const times = [...frame.times, this.#time(computeUs, arrivedMs, startedMs)];
    if (!this.#place.last) return [{ kind: "pass", frame: { ...frame, times, activations } }];
    const head = { frame: frame.frame, epoch: frame.epoch, times };
    const wanted = [...frame.rows.wanted.keys()].filter((row) => frame.rows.wanted[row] === 1);
    if (wanted.length === 0) return [{ kind: "pass", frame: { kind: "ack", ...head, dead: false } }];
    if (this.#place.scores === true) {
      this.#running = running;
      this.#scoring = { head, wanted };
      return [{ kind: "score", activations: pickRows(activations, wanted) }];
    }
    return [
      {
        kind: "pass",
        frame: { kind: "return", ...head, rowIndices: wanted, activations: pickRows(activations, wanted) },
      },
    ];
  }

  /** What was wanted of the frame, as the head says: the host chooses by it. */
  #tell(scored: readonly RowScore[], headUs: number): StageEffect {
    const scoring = this.#scoring;
    if (scoring === null) throw new PipelineError("bad-frame", "Scores came while nothing was scored.");
    const { head, wanted } = scoring;
    if (scored.length !== wanted.length)
      throw new PipelineError(
        "stage-failed",
        `The head was to score ${wanted.length} rows and scored ${scored.length}.`,
      );
    this.#running = null;
    this.#scoring = null;
    const scores = scored.map(({ chosen, best, entropy }, i) => ({
      row: wanted[i]!,
      chosen,
      best,
      asked: [],
      entropy,
    }));
    return { kind: "pass", frame: { kind: "scores", ...head, headUs, scores } };
  }

  #time(computeUs: number, arrivedMs: number, startedMs: number): StageTime {
    return { stage: this.#place.index, computeUs, queueUs: Math.max(0, Math.round((startedMs - arrivedMs) * 1000)) };
  }
}
