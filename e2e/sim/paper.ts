/** The published evaluation of Jupiter beside what schedules of the same systems take on the simulator's clock. */
import {
  balancedLayers,
  fairShares,
  jupiter,
  oneDevice,
  plainPipeline,
  runSchedules,
  sequenceParallel,
  tensorParallel,
  type Schedule,
  type Task,
} from "@jupiter/simulator";
import { z } from "zod";
import { latencySplit, type MessageCost } from "./latency-split.ts";

const PublishedSystem = z.enum([
  "one-device",
  "sequence-parallel",
  "megatron",
  "detransformer",
  "galaxy",
  "edgeshard",
  "jupiter",
]);
/** `edgeshard` has the split that makes the slowest stage fastest, which fits the published cells; `edgeshard-latency` is its other mode, which the paper does not show. */
export type System = z.infer<typeof PublishedSystem> | "edgeshard-latency";

const LayerTime = z.strictObject({ floorMs: z.number().min(0), rowMs: z.number().min(0) });

export const Paper = z.strictObject({
  about: z.string(),
  promptTokens: z.int().min(1),
  newTokens: z.int().min(1),
  models: z.record(z.string(), z.strictObject({ L: z.int().min(1), H: z.int().min(1), rowBytes: z.int().min(1) })),
  /** Devices by name, in ring order. */
  environments: z.record(z.string(), z.array(z.string()).min(1)),
  /** One whole layer of a model on a device. */
  devices: z.record(z.string(), z.record(z.string(), LayerTime)),
  network: z.strictObject({
    /** Of the nominal rate, what gloo's messages get. */
    rateShare: z.number().gt(0).max(1),
    /** What a gloo message costs besides its bytes, as bytes at that rate. */
    perMessageBytes: z.number().min(0),
  }),
  undivided: z.strictObject({ floor: z.number().min(0).max(1), row: z.number().min(0).max(1) }),
  jupiter: z.strictObject({
    chunks: z.int().min(1),
    suffixTokens: z.int().min(0),
    drafting: z.strictObject({
      rows: z.int().min(1),
      tokensPerLap: z.number().min(1),
      outlineTokens: z.int().min(1),
      points: z.int().min(1),
    }),
  }),
  cells: z.array(
    z.strictObject({
      environment: z.string(),
      mbit: z.number().gt(0),
      model: z.string(),
      system: PublishedSystem,
      seconds: z.number().gt(0),
      isCalibrated: z.literal(true).optional(),
    }),
  ),
});
export type Paper = z.infer<typeof Paper>;

export interface Setting {
  readonly environment: string;
  readonly mbit: number;
  readonly model: string;
}

export interface Cell extends Setting {
  readonly system: System;
  readonly publishedS: number;
  readonly predictedS: number;
  readonly isCalibrated: boolean;
}

/** Links as gloo made them, or as fast as the wire: what of the gap between systems is the library's. */
export type Collectives = "gloo" | "ideal";

export interface SetUp {
  readonly schedules: readonly Schedule[];
  readonly network: Parameters<typeof runSchedules>[1];
}

/** A cell's schedules, to be gone through once, and the links that they send over. */
export function setUp(paper: Paper, setting: Setting, system: System, collectives: Collectives = "gloo"): SetUp {
  const { network } = paper;
  const gloo = collectives === "gloo";
  const shape = {
    mbitPerS: setting.mbit * (gloo ? network.rateShare : 1),
    perMessageBytes: gloo ? network.perMessageBytes : 0,
  };
  const devices = paper.environments[setting.environment] ?? [];
  return {
    schedules: schedulesOf(paper, taskOf(paper, setting), system, shape),
    network: {
      devices: devices.map((name, i) => `${name} ${i + 1}`),
      shapeOf: () => shape,
      mediumOf: () => null,
      seed: 1,
    },
  };
}

/** Seconds to the last token. */
export function predict(paper: Paper, setting: Setting, system: System, collectives: Collectives = "gloo"): number {
  const { schedules, network } = setUp(paper, setting, system, collectives);
  return (runSchedules(schedules, network).marks.get("last token") ?? NaN) / 1000;
}

function taskOf({ models, environments, devices, promptTokens, newTokens }: Paper, setting: Setting): Task {
  const model = models[setting.model];
  const names = environments[setting.environment];
  if (model === undefined || names === undefined)
    throw new RangeError(`The paper has no model ${setting.model} in environment ${setting.environment}.`);
  return {
    ...model,
    promptTokens,
    newTokens,
    devices: names.map((name) => {
      const time = devices[name]?.[setting.model];
      if (time === undefined) throw new RangeError(`${name} has no times for ${setting.model}.`);
      return { layer: [{ fromRows: 1, ...time, pairMs: 0 }] };
    }),
  };
}

function schedulesOf(
  { jupiter: how, undivided }: Paper,
  task: Task,
  system: System,
  link: MessageCost,
): readonly Schedule[] {
  const equal = task.devices.map(() => 1 / task.devices.length);
  const parallel = { undivided, shares: equal, collectives: 2, overlaps: false } as const;
  switch (system) {
    case "one-device":
      return oneDevice(task);
    case "sequence-parallel":
      return sequenceParallel(task);
    case "megatron":
      return tensorParallel(task, parallel);
    case "detransformer":
      return tensorParallel(task, { ...parallel, collectives: 1 });
    case "galaxy":
      return tensorParallel(task, { ...parallel, shares: fairShares(task, undivided), overlaps: true });
    case "edgeshard":
      return plainPipeline(task, balancedLayers(task, task.promptTokens));
    case "edgeshard-latency":
      return plainPipeline(task, latencySplit(task, link));
    case "jupiter":
      return jupiter(task, balancedLayers(task, Math.ceil(task.promptTokens / how.chunks)), how);
    default:
      return system satisfies never;
  }
}

export function predictAll(paper: Paper): Cell[] {
  return paper.cells.map(({ seconds, isCalibrated = false, ...cell }) => ({
    ...cell,
    publishedS: seconds,
    predictedS: predict(paper, cell, cell.system),
    isCalibrated,
  }));
}

/** A system with gloo's cost and without it. */
export interface IdealCell extends Setting {
  readonly system: System;
  readonly glooS: number;
  readonly idealS: number;
}

/** Every cell without gloo's cost. EdgeShard is there in its other mode, too: in unlike devices' rings it is the better form of it. */
export function idealCells(paper: Paper, cells: readonly Cell[]): IdealCell[] {
  return cells.flatMap(({ environment, mbit, model, system, predictedS }) => {
    const setting = { environment, mbit, model };
    const idealS = (of: System) => predict(paper, setting, of, "ideal");
    const cell = { ...setting, system, glooS: predictedS, idealS: idealS(system) };
    if (system !== "edgeshard") return [cell];
    const other = "edgeshard-latency";
    return [cell, { ...setting, system: other, glooS: predict(paper, setting, other), idealS: idealS(other) }];
  });
}

export interface Lead {
  readonly environment: string;
  readonly over: System;
  /** Of the environment's settings, how many times as fast Jupiter is. */
  readonly times: readonly number[];
}

/** Jupiter's over both forms of EdgeShard. */
export function leads(cells: readonly IdealCell[]): Lead[] {
  const environments = [...new Set(cells.map(({ environment }) => environment))];
  return (["edgeshard", "edgeshard-latency"] as const).flatMap((over) =>
    environments.map((environment) => {
      const of = (system: System) => cells.filter((cell) => cell.environment === environment && cell.system === system);
      const jupiters = of("jupiter");
      return { environment, over, times: of(over).map(({ idealS }, i) => idealS / jupiters[i]!.idealS) };
    }),
  );
}

/** Mean of |predicted / published - 1| over the cells that were not calibrated on. */
export function meanError(cells: readonly Cell[]): number {
  const errors = cells.filter(({ isCalibrated }) => !isCalibrated).map(error);
  return errors.reduce((sum, value) => sum + Math.abs(value), 0) / errors.length;
}

export function error({ predictedS, publishedS }: Cell): number {
  return predictedS / publishedS - 1;
}

export interface Reversal {
  readonly faster: Cell;
  readonly slower: Cell;
}

/** Pairs of one setting that the paper ranks by more than `gap` and the prediction ranks the other way round. */
export function reversals(cells: readonly Cell[], gap: number): Reversal[] {
  return cells.flatMap((faster) =>
    cells
      .filter(
        (slower) =>
          slower.environment === faster.environment &&
          slower.mbit === faster.mbit &&
          slower.model === faster.model &&
          slower.publishedS > faster.publishedS * (1 + gap) &&
          slower.predictedS <= faster.predictedS,
      )
      .map((slower) => ({ faster, slower })),
  );
}
