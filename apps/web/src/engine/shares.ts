/** The stages that this device runs: one for a donor, none to two for the host. */
import type { ByteSource, WeightSource } from "@jupiter/model";
import { StageDriver, type Head, type Stage } from "@jupiter/pipeline";
import type { AssignMessage, CommandsFrame, Frame, FrameNumber, RowsFrame, Seat } from "@jupiter/protocol";
import {
  buildStage,
  extendStage,
  graphFloat,
  HeadRunner,
  HeldLayers,
  type KeptLayers,
  type LayerGroups,
  type LayerSpan,
  type Rung,
  type StageRunner,
} from "@jupiter/runtime";
import type { FailureReason, LoadedLayers, Phase } from "./api.ts";
import { EmulatedHead, EmulatedStage, replayedHead, replayedStage, type EmulatedDevice } from "./emulation.ts";
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
  readonly rung: Rung;
  /** Null: nothing is computed here. */
  readonly runner: StageRunner | null;
  /** Of the last stage, where the head is there. */
  readonly scorer: Pick<HeadRunner, "dispose"> | null;
  readonly driver: StageDriver;
}

/** Layers of a share that has ended, for the next one. */
interface HeldShare extends Pick<Share, "assign" | "rung"> {
  readonly held: HeldLayers;
}

export class Shares {
  readonly #ports: SharesPorts;
  #shares: Share[] = [];
  #held: HeldShare[] = [];
  /** What ends, frees or keeps layers goes one after the other. */
  #ending: Promise<void> = Promise.resolve();
  #fetchedBytes = 0;
  #loadedBytes = 0;

  constructor(ports: SharesPorts) {
    this.#ports = ports;
  }

  get stats(): {
    readonly fetchedBytes: number;
    readonly loadedBytes: number;
    readonly memoryBytes: number;
    readonly runs: number;
    readonly rows: number;
    readonly computeMs: number;
  } {
    const sum = (of: (share: Share) => number) => this.#shares.reduce((total, share) => total + of(share), 0);
    return {
      fetchedBytes: this.#fetchedBytes,
      loadedBytes: this.#loadedBytes,
      memoryBytes: sum(({ runner }) => runner?.memoryBytes ?? 0),
      runs: sum(({ driver }) => driver.stats.runs),
      rows: sum(({ driver }) => driver.stats.rows),
      computeMs: sum(({ driver }) => driver.stats.computeMs),
    };
  }

  async load(assign: AssignMessage, rung: Rung): Promise<LoadedLayers> {
    const startMs = performance.now();
    const { checkpoint, layers, capacity, arenas, head: scores = false } = assign;
    const device = this.#ports.emulated();
    if (device !== null && device.replay !== null) {
      const driver = this.#drive(assign, replayedStage(assign, device), scores ? replayedHead(device) : null);
      this.#shares.push({ assign, rung, runner: null, scorer: null, driver });
      return { fetchedBytes: 0, memoryBytes: 0, inPlace: true, loaded: { bytes: 0, ms: 0 } };
    }
    const type = await graphFloat(rung.backend);
    const kept = await this.#kept(assign, rung);
    const end = kept?.layers ?? { first: layers.first, end: layers.first };
    const missing = [
      { first: layers.first, end: end.first },
      { first: end.end, end: layers.end },
    ] as const;
    const share = { layers: missing, head: scores, embedding: false };
    const weights = await weightSource(checkpoint, this.#ports.source(assign), share, {
      progress: this.#ports.progress,
      storage: this.#ports.storage,
    });
    const [before, after] = [groupsOf(weights, rung, missing[0]), groupsOf(weights, rung, missing[1])];
    const options = {
      backend: rung.backend,
      type,
      kernels: rung.kernels,
      maxSlots: capacity,
      maxArenas: arenas,
      maxRows: rung.maxRows,
    };
    const runner =
      kept === null
        ? await buildStage(checkpoint.shape, after, options)
        : await extendStage(checkpoint.shape, { before, kept, after }, options);
    const stage = device === null ? runner : new EmulatedStage(runner, layers.end - layers.first, device);
    const scorer = scores
      ? await HeadRunner.create(checkpoint.shape, await weights.head(weightForm(rung)), {
          backend: rung.backend,
          type,
          kernels: rung.kernels,
        })
      : null;
    const head = scorer === null || device === null ? scorer : new EmulatedHead(scorer, device);
    const driver = this.#drive(assign, stage, head);
    this.#shares.push({ assign, rung, runner, scorer, driver });
    this.#fetchedBytes += weights.fetchedBytes;
    this.#loadedBytes += weights.loadedBytes;
    return {
      fetchedBytes: weights.fetchedBytes,
      memoryBytes: runner.memoryBytes,
      inPlace: runner.inPlace,
      loaded: { bytes: weights.loadedBytes, ms: performance.now() - startMs },
    };
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
    const shares = this.#end();
    await this.#next(async () => {
      for (const { runner, scorer } of shares) {
        await runner?.dispose();
        await scorer?.dispose();
      }
    });
    await this.letGo();
  }

  /** Ends all of them; the next ones of the same model take over the layers that they have in common. */
  async hold(): Promise<void> {
    const shares = this.#end();
    await this.letGo();
    await this.#next(async () => {
      for (const { assign, rung, runner, scorer } of shares) {
        await scorer?.dispose();
        if (runner !== null) this.#held.push({ assign, rung, held: await HeldLayers.of(runner, assign.layers) });
      }
    });
  }

  /** Frees what is held of earlier ones. */
  async letGo(): Promise<void> {
    await this.#next(async () => {
      const held = this.#held;
      this.#held = [];
      for (const each of held) await each.held.dispose();
    });
  }

  #end(): readonly Share[] {
    const shares = this.#shares;
    this.#shares = [];
    for (const { driver } of shares) driver.stop();
    return shares;
  }

  #next(task: () => Promise<void>): Promise<void> {
    const done = this.#ending.then(task);
    this.#ending = done.catch(() => undefined);
    return done;
  }

  /** What is held of the assignment's layers, most first; null: nothing. */
  async #kept(assign: AssignMessage, rung: Rung): Promise<KeptLayers | null> {
    await this.#ending;
    const alike = this.#held.filter((each) => isAlike(each, { assign, rung }));
    const [best] = alike.sort((a, b) => commonOf(b.assign, assign) - commonOf(a.assign, assign));
    if (best === undefined || commonOf(best.assign, assign) <= 0) return null;
    this.#held = this.#held.filter((each) => each !== best);
    return best.held.keep(assign.layers);
  }

  #drive(assign: AssignMessage, stage: Stage, head: Head | null): StageDriver {
    const last = assign.stageIndex === assign.stageCount - 1;
    return new StageDriver(
      { index: assign.stageIndex, last, epoch: assign.epoch },
      {
        stage,
        ...(head === null ? {} : { head }),
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

/** What one held of the model, the other one can go on with. */
function isAlike(a: Pick<Share, "assign" | "rung">, b: Pick<Share, "assign" | "rung">): boolean {
  const isSameModel = a.assign.checkpoint.id === b.assign.checkpoint.id && a.assign.url === b.assign.url;
  // Sessions have tables for so many slots.
  return isSameModel && a.rung.name === b.rung.name && a.assign.capacity === b.assign.capacity;
}

function commonOf({ layers: a }: AssignMessage, { layers: b }: AssignMessage): number {
  return Math.min(a.end, b.end) - Math.max(a.first, b.first);
}

function groupsOf(weights: WeightSource, rung: Rung, { first, end }: LayerSpan): LayerGroups {
  return weights.layerGroups(first, end, weightForm(rung));
}
