/** The stages that this device runs: one for a donor, none to two for the host. */
import type { ByteSource } from "@jupiter/model";
import { StageDriver, type Stage } from "@jupiter/pipeline";
import type { AssignMessage, CommandsFrame, Frame, FrameNumber, RowsFrame, Seat } from "@jupiter/protocol";
import { buildStage, graphFloat, type Rung, type StageRunner } from "@jupiter/runtime";
import type { FailureReason, LoadedShare, Phase } from "./api.ts";
import { EmulatedStage, replayedStage, type EmulatedDevice } from "./emulation.ts";
import { failure } from "./outcome.ts";
import { soon } from "./soon.ts";
import { weightForm, weightSource } from "./weights.ts";

export interface SharesPorts {
  /** Where an assignment's bytes come from. */
  readonly source: (assign: AssignMessage) => ByteSource;
  readonly send: (to: Seat, frame: Frame) => void;
  readonly progress: (loadedBytes: number, totalBytes: number, phase: Phase) => void;
  readonly storage: (message: string) => void;
  readonly failed: (from: Seat | null, reason: FailureReason, message: string) => void;
  /** Null: this device is itself. */
  readonly emulated: () => EmulatedDevice | null;
}

interface Share {
  readonly assign: AssignMessage;
  readonly runner: Pick<StageRunner, "memoryBytes" | "dispose">;
  readonly driver: StageDriver;
}

export class Shares {
  readonly #ports: SharesPorts;
  #shares: Share[] = [];
  #fetchedBytes = 0;

  constructor(ports: SharesPorts) {
    this.#ports = ports;
  }

  get stats(): {
    readonly fetchedBytes: number;
    readonly memoryBytes: number;
    readonly runs: number;
    readonly rows: number;
    readonly computeMs: number;
  } {
    const sum = (of: (share: Share) => number) => this.#shares.reduce((total, share) => total + of(share), 0);
    return {
      fetchedBytes: this.#fetchedBytes,
      memoryBytes: sum(({ runner }) => runner.memoryBytes),
      runs: sum(({ driver }) => driver.stats.runs),
      rows: sum(({ driver }) => driver.stats.rows),
      computeMs: sum(({ driver }) => driver.stats.computeMs),
    };
  }

  async load(assign: AssignMessage, rung: Rung): Promise<LoadedShare> {
    const { checkpoint, layers, capacity, arenas } = assign;
    const device = this.#ports.emulated();
    if (device !== null && device.replay !== null) {
      const driver = this.#drive(assign, replayedStage(assign, device));
      this.#shares.push({ assign, runner: { memoryBytes: 0, dispose: async () => undefined }, driver });
      return { fetchedBytes: 0, memoryBytes: 0, inPlace: true };
    }
    const type = await graphFloat(rung.backend);
    const share = { layers: [layers], head: false, embedding: false };
    const weights = await weightSource(checkpoint, this.#ports.source(assign), share, {
      progress: this.#ports.progress,
      storage: this.#ports.storage,
    });
    const groups = weights.layerGroups(layers.first, layers.end, weightForm(rung));
    const runner = await buildStage(checkpoint.shape, groups, {
      backend: rung.backend,
      type,
      kernels: rung.kernels,
      maxSlots: capacity,
      maxArenas: arenas,
      maxRows: rung.maxRows,
    });
    const stage = device === null ? runner : new EmulatedStage(runner, layers.end - layers.first, device);
    const driver = this.#drive(assign, stage);
    this.#shares.push({ assign, runner, driver });
    this.#fetchedBytes += weights.fetchedBytes;
    return { fetchedBytes: weights.fetchedBytes, memoryBytes: runner.memoryBytes, inPlace: runner.inPlace };
  }

  /** Throws where the frame does not belong here; its sender is at fault. */
  receive(from: Seat, frame: RowsFrame | CommandsFrame): void {
    const share = this.#shares.find(({ assign }) => assign.previous === from && assign.epoch === frame.epoch);
    // Frames of an earlier plan may still be on their way when the next one begins.
    if (share !== undefined) share.driver.receive(frame);
  }

  cancel(frames: readonly FrameNumber[]): void {
    for (const { driver } of this.#shares) driver.cancel(frames);
  }

  async drop(): Promise<void> {
    const shares = this.#shares;
    this.#shares = [];
    for (const { driver } of shares) driver.stop();
    for (const { runner } of shares) await runner.dispose();
  }

  #drive(assign: AssignMessage, stage: Stage): StageDriver {
    const last = assign.stageIndex === assign.stageCount - 1;
    return new StageDriver(
      { index: assign.stageIndex, last, epoch: assign.epoch },
      {
        stage,
        wire: assign.wire,
        soon,
        nowMs: () => performance.now(),
        pass: (frame) => this.#ports.send(assign.next, frame),
        failed: (error) => {
          const { reason, message } = failure(error);
          this.#ports.failed(
            reason === "bad-frame" || reason === "stale-plan" ? assign.previous : null,
            reason,
            message,
          );
        },
      },
    );
  }
}
