/**
 * A ring on a virtual clock: the pipeline's own drivers, coordinator and stage loops, over timed arithmetic and timed links. Strategies are the
 * coordinator's; nothing of them is here.
 */
import {
  HostDriver,
  StageDriver,
  type ConversationId,
  type Drafter,
  type GenerateRequest,
  type HostEvent,
  type LapEvent,
  type UnmeasuredRing,
} from "@jupiter/pipeline";
import type { DeviceCosts } from "@jupiter/planner";
import { CANDIDATES, frameBytes, scoreBytes, type Frame, type FrameNumber, type WireType } from "@jupiter/protocol";
import { Activity, type Span } from "./activity.ts";
import { Network, type LinkUse, type NetworkOptions } from "./network.ts";
import { Machine, Processor } from "./processor.ts";
import { passingRows, ruledEmbedding, RuledRows, TimedHead, TimedStage, type Computer } from "./simulated-model.ts";
import type { TokenRule } from "./token-rule.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface SimulatedDevice {
  readonly name: string;
  readonly costs: DeviceCosts;
  /** Devices of one machine share its cores; null: a machine of its own. */
  readonly machine: string | null;
}

export interface SimulatedStage {
  /** Index among the devices. */
  readonly device: number;
  readonly layers: number;
}

export interface SimulatedRequest {
  readonly atMs: number;
  readonly request: GenerateRequest;
}

export interface Simulation extends Omit<NetworkOptions, "devices"> {
  /** The first is the host: it has the embedding, the head unless `ring.headOnLast`, and layers where a stage says so. */
  readonly devices: readonly SimulatedDevice[];
  /** Cores by machine. */
  readonly machines: ReadonlyMap<string, number>;
  /** In ring order. */
  readonly stages: readonly SimulatedStage[];
  /** `D`: values of a row's activations. */
  readonly hidden: number;
  readonly wire: WireType;
  readonly ring: Omit<UnmeasuredRing, "epoch">;
  /** Those that the ring's decoding may name. `host`: computes in the queue that layers and head wait in, too. */
  readonly drafters?: (host: Computer) => readonly Drafter[];
  readonly rule: TokenRule;
  readonly requests: readonly SimulatedRequest[];
  /** What comes of this at once: conversations that end, then what is asked for. */
  readonly follow?: (event: Exclude<HostEvent, LapEvent>) => Following | null;
}

export interface Following {
  readonly closed?: readonly ConversationId[];
  readonly requests: readonly GenerateRequest[];
}

export interface SimulationResult {
  /** As the host told them, with their time. */
  readonly events: readonly { readonly atMs: number; readonly event: Exclude<HostEvent, LapEvent> }[];
  readonly laps: readonly { readonly atMs: number; readonly lap: LapEvent }[];
  readonly spans: readonly Span[];
  readonly links: readonly LinkUse[];
  readonly endMs: number;
}

const HOST = 0;
const EPOCH = 1;

/** Rejects with the first failure of host or stage, and where requests are left that nothing will ever answer. */
export async function simulate(simulation: Simulation): Promise<SimulationResult> {
  const { devices, machines, stages, hidden, wire, rule, ring, drafters = () => [], requests, follow } = simulation;
  const host = devices[HOST];
  const [firstStage, lastStage] = [stages[0], stages.at(-1)];
  if (host === undefined || firstStage === undefined || lastStage === undefined)
    throw new RangeError("a simulated ring needs a host and at least one stage");
  const headAt = ring.headOnLast === undefined ? HOST : lastStage.device;
  if (ring.headOnLast !== undefined && headAt === HOST)
    throw new RangeError("the last stage is the host's own: its head is the host's");
  const headCost = devices[headAt]?.costs.head ?? null;
  if (headCost === null)
    throw new RangeError(`${devices[headAt]?.name} has the head: its costs must say what that takes`);

  const clock = new VirtualClock();
  const activity = new Activity();
  const network = new Network(clock, { ...simulation, devices: devices.map(({ name }) => name) });
  const machineOf = new Map([...machines].map(([name, cores]) => [name, new Machine(clock, cores)]));
  const processors = devices.map(({ name, machine }) => {
    if (machine === null) return new Processor(clock, name, activity);
    const shared = machineOf.get(machine);
    if (shared === undefined) throw new RangeError(`${name} is on machine ${machine}, which has no cores given`);
    return new Processor(clock, name, activity, shared);
  });

  const failures: unknown[] = [];
  const failed = (error: unknown) => void failures.push(error);
  const nowMs = () => clock.nowMs;
  const events: { atMs: number; event: Exclude<HostEvent, LapEvent> }[] = [];
  const laps: { atMs: number; lap: LapEvent }[] = [];

  /** A frame from one device to another; within a device it is handed on at once, as the engine does. */
  const carry = (from: number, to: number, frame: Frame, receive: () => void) => {
    if (from === to) receive();
    else network.send(from, to, bytesOnWire(frame, hidden, wire), receive);
  };

  const head = new TimedHead(rule, headCost, processors[headAt]!);
  const drivers: StageDriver[] = stages.map(({ device, layers }, index) => {
    const last = index === stages.length - 1;
    const rows = index === 0 ? new RuledRows(rule) : passingRows;
    return new StageDriver(
      { index, last, epoch: EPOCH },
      {
        stage: new TimedStage(rows, devices[device]!.costs, layers, processors[device]!),
        ...(last && headAt !== HOST ? { head } : {}),
        // One value a row, and whole numbers: what travels is counted by `hidden` and `wire`.
        wire: "f32",
        pass: (frame) => {
          const next = stages[index + 1]?.device ?? HOST;
          carry(device, next, frame, () => (last ? toHost(frame) : toStage(index + 1, frame)));
        },
        // Whatever arrives at this instant was set before, and comes first.
        soon: (callback) => void clock.after(0, callback),
        nowMs,
        failed,
      },
    );
  });
  const driver = new HostDriver({
    embedding: ruledEmbedding(1),
    head,
    send: (frame) => carry(HOST, firstStage.device, frame, () => toStage(0, frame)),
    cancel: (frames) => cancel(frames),
    emit: (event) => {
      if (event.kind === "lap") laps.push({ atMs: clock.nowMs, lap: event });
      else {
        events.push({ atMs: clock.nowMs, event });
        const following = follow?.(event) ?? null;
        if (following === null) return;
        // Not from within the coordinator's effects.
        clock.after(0, () => {
          for (const conversation of following.closed ?? []) driver.closeConversation(conversation);
          for (const request of following.requests) driver.submit(request);
        });
      }
    },
    nowMs,
    after: (delayMs, callback) => void clock.after(delayMs, callback),
    failed,
    // Behind what was sent at this instant: a step of a drafter begins when the frame before it is on its way.
    drafters: drafters({
      compute: (label, workMs) =>
        new Promise((resolve) => clock.after(0, () => processors[HOST]!.run(label, workMs, resolve))),
    }),
    drafterFailed: (_, error) => failed(error),
  });

  function toStage(index: number, frame: Frame): void {
    if (frame.kind === "rows" || frame.kind === "commands") drivers[index]?.receive(frame);
  }
  function toHost(frame: Frame): void {
    if (frame.kind === "return" || frame.kind === "scores" || frame.kind === "ack") driver.receive(frame);
  }
  /** Control links are connections of their own: a cancel does not wait behind frames. */
  function cancel(frames: readonly FrameNumber[]): void {
    stages.forEach(({ device }, index) => {
      const delayMs = device === HOST ? 0 : (simulation.shapeOf(HOST, device).delayMs ?? 0);
      if (device === HOST) drivers[index]?.cancel(frames);
      else clock.after(delayMs, () => drivers[index]?.cancel(frames));
    });
  }

  clock.after(0, () => driver.ringReady({ ...ring, epoch: EPOCH }, "f32"));
  for (const { atMs, request } of requests) clock.after(atMs, () => driver.submit(request));
  await clock.run();
  if (failures.length > 0) throw failures[0];
  if (driver.pending > 0) throw new Error(`the ring came to rest with ${driver.pending} requests unanswered`);
  return { events, laps, spans: activity.spans, links: network.uses, endMs: clock.nowMs };
}

/** Bytes of the frame with activations of the model's own size, and as many candidates as a real head tells. */
function bytesOnWire(frame: Frame, hidden: number, wire: WireType): number {
  switch (frame.kind) {
    case "rows":
    case "return": {
      const { rows, data } = frame.activations;
      return frameBytes(frame) - data.byteLength + rows * hidden * (wire === "f16" ? 2 : 4);
    }
    case "scores":
      return frame.scores.reduce(
        (sum, { best }) => sum + scoreBytes(CANDIDATES) - scoreBytes(best.length),
        frameBytes(frame),
      );
    case "commands":
    case "ack":
      return frameBytes(frame);
    case "cancel":
    case "control":
    case "bulk":
    case "probe":
      throw new RangeError(`a ${frame.kind} frame does not travel round the ring`);
    default:
      return frame satisfies never;
  }
}
