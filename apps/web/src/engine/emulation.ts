/**
 * A device that is not here: what this tab computes is ready when the emulated device would have it, not before. The numbers are really computed where
 * that is faster, or come from a rule or a recorded answer. Harness only; what a run's figures come from is in its report.
 */
import type { BranchView, Computed, Draft, Drafter, Head, Stage } from "@jupiter/pipeline";
import { headMs, layerMs, type DeviceCosts } from "@jupiter/planner";
import type { Activations, AssignMessage, CacheCommand, RowScore, RowTable, ScorePolicy } from "@jupiter/protocol";
import {
  countingRule,
  passingRows,
  RECORDED,
  RuledRows,
  stageMs,
  TimedHead,
  TimedStage,
  TraceDrafter,
  traceRule,
  type Computer,
  type DraftedCase,
  type RecordedGuesses,
  type TokenRule,
} from "@jupiter/simulator";
import type { DeviceTimes } from "./api.ts";
import { PreciseClock } from "./precise-clock.ts";
import { soon } from "./soon.ts";

export interface Emulation {
  readonly costs: DeviceCosts;
  /** Null: the real arithmetic runs underneath. Else nothing is fetched or computed, and the model is of this shape. */
  readonly replay: Replay | null;
}

export interface Replay {
  readonly L: number;
  readonly D: number;
  readonly cases: readonly DraftedCase[];
  /** Ids that end a recorded answer. None: each is as long as is asked for. */
  readonly stopIds: readonly number[];
  /** Null: nobody drafts. */
  readonly guesses: RecordedGuesses | null;
}

export interface EmulationStats {
  readonly runs: number;
  /** Runs whose real arithmetic, or whose clock, was late by more than `LATE_SHARE` of the emulated time and a millisecond. */
  readonly lateRuns: number;
  readonly lateMs: number;
  readonly emulatedMs: number;
}

const LATE_SHARE = 0.02;
const LATE_MS = 1;

/** One queue for layers, head and recorded drafter, by this thread's clock. */
export class EmulatedDevice implements Computer {
  readonly replay: Emulation["replay"];
  readonly rule: TokenRule;
  /** Null: no guesses were recorded for it. */
  readonly drafter: Drafter | null;
  #costs: DeviceCosts;
  readonly #clock = new PreciseClock();
  #freeAtMs = 0;
  #runs = 0;
  #lateRuns = 0;
  #lateMs = 0;
  #emulatedMs = 0;

  constructor({ costs, replay }: Emulation) {
    this.#costs = costs;
    this.replay = replay;
    this.rule = replay === null || replay.cases.length === 0 ? countingRule : traceRule(replay.cases);
    this.drafter =
      replay === null || replay.guesses === null
        ? null
        : new TraceDrafter({ ...replay.guesses, cases: replay.cases, computer: this.#afterWhatWasSent });
  }

  get costs(): DeviceCosts {
    return this.#costs;
  }

  /** It has become slower, or faster: what it computes takes this from now on. A model that is not there keeps its time. */
  change(costs: DeviceCosts): void {
    this.#costs = costs;
  }

  get stats(): EmulationStats {
    return { runs: this.#runs, lateRuns: this.#lateRuns, lateMs: this.#lateMs, emulatedMs: this.#emulatedMs };
  }

  /** What a profile of it would say. */
  get times(): DeviceTimes {
    const { layer, frameMs, head } = this.costs;
    const sizes = [1, 2, 4, 8, 9, 16, 32, 64, 128, 256];
    return {
      layerTimes: [0, 768].flatMap((S) => sizes.map((T) => ({ T, S, ms: layerMs(layer, T, S) }))),
      frameMs,
      headTimes: head === null ? [] : [1, 4].map((rows) => ({ rows, ms: headMs(head, rows) })),
    };
  }

  /** A step of a drafter begins when the frame before it is on its way, be it to a stage of this device: as on the simulator's clock. */
  get #afterWhatWasSent(): Computer {
    return {
      compute: async (label, workMs) => {
        await new Promise<void>(soon);
        return this.compute(label, workMs);
      },
    };
  }

  compute(_label: string, workMs: number): Promise<number> {
    return this.#until(workMs, null);
  }

  /** `work` runs at once; its result is there when the emulated device is done, or when it really is, if that is later. */
  async behind<T>(workMs: number, work: () => Promise<Computed<T>>): Promise<Computed<T>> {
    const begun = work();
    const computeMs = await this.#until(workMs, begun);
    return { result: (await begun).result, computeMs };
  }

  async #until(workMs: number, work: Promise<unknown> | null): Promise<number> {
    const startMs = Math.max(this.#clock.nowMs(), this.#freeAtMs);
    const endMs = (this.#freeAtMs = startMs + workMs);
    const due = new Promise<void>((resolve) => this.#clock.after(endMs - this.#clock.nowMs(), resolve));
    await Promise.all([work, due]);
    const nowMs = this.#clock.nowMs();
    const lateMs = Math.max(0, nowMs - endMs);
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs);
    this.#runs++;
    this.#emulatedMs += workMs;
    this.#lateMs += lateMs;
    if (lateMs > LATE_MS + LATE_SHARE * workMs) this.#lateRuns++;
    return nowMs - startMs;
  }
}

/** A stage of a model that is not there. */
export function replayedStage({ stageIndex, layers }: AssignMessage, device: EmulatedDevice): Stage {
  const rows = stageIndex === 0 ? new RuledRows(device.rule) : passingRows;
  return new TimedStage(rows, device.costs, layers.end - layers.first, device);
}

/** The head of a model that is not there. */
export function replayedHead(device: EmulatedDevice): Head {
  return new TimedHead(device.rule, device.costs.head ?? { floorMs: 0, rowMs: 0 }, device);
}

/** A real stage that takes an emulated device's time. */
export class EmulatedStage implements Stage {
  readonly #inner: Stage;
  readonly #layers: number;
  readonly #device: EmulatedDevice;

  constructor(inner: Stage, layers: number, device: EmulatedDevice) {
    this.#inner = inner;
    this.#layers = layers;
    this.#device = device;
  }

  forward(x: Activations, rows: RowTable): Promise<Computed<Activations>> {
    return this.#device.behind(stageMs(this.#device.costs, this.#layers, rows), () => this.#inner.forward(x, rows));
  }

  skip(rows: RowTable): void {
    this.#inner.skip(rows);
  }

  apply(command: CacheCommand): void {
    this.#inner.apply(command);
  }
}

/** The same of a head. */
export class EmulatedHead implements Head {
  readonly #inner: Head;
  readonly #device: EmulatedDevice;

  constructor(inner: Head, device: EmulatedDevice) {
    this.#inner = inner;
    this.#device = device;
  }

  score(x: Activations, policies: readonly ScorePolicy[]): Promise<Computed<readonly RowScore[]>> {
    const { head } = this.#device.costs;
    const workMs = head === null ? 0 : headMs(head, policies.length);
    return this.#device.behind(workMs, () => this.#inner.score(x, policies));
  }
}

/** The recorded drafter of whichever device this worker emulates; says nothing where there is none. */
export class ReplayedDrafter implements Drafter {
  readonly name = RECORDED;
  readonly #device: () => EmulatedDevice | null;

  constructor(device: () => EmulatedDevice | null) {
    this.#device = device;
  }

  extend(...asked: Parameters<Drafter["extend"]>): readonly Draft[] | Promise<readonly Draft[]> {
    return this.#device()?.drafter?.extend(...asked) ?? [];
  }

  forget(branch: BranchView["branch"]): void {
    this.#device()?.drafter?.forget(branch);
  }
}
