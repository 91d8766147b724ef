/**
 * Fixed plans of work, for methods that are not strategies of this project's coordinator: each device goes through its list, sends without waiting, and
 * waits for what it is to receive. The same clock, links and pictures as in a simulated ring.
 */
import { Activity, type Span } from "./activity.ts";
import { Network, type LinkUse, type NetworkOptions } from "./network.ts";
import { VirtualClock } from "./virtual-clock.ts";

export type Step =
  | { readonly kind: "compute"; readonly ms: number; readonly label: string }
  /** To a device by index. */
  | { readonly kind: "send"; readonly to: number; readonly sizeBytes: number }
  /** The next message of a device that was not received yet. */
  | { readonly kind: "receive"; readonly from: number }
  /** Notes the time. */
  | { readonly kind: "mark"; readonly name: string };

/** Lazily: a long run's steps need not stand in memory. */
export type Schedule = Iterable<Step>;

export interface ScheduleResult {
  /** When each mark was reached first. */
  readonly marks: ReadonlyMap<string, number>;
  readonly spans: readonly Span[];
  readonly links: readonly LinkUse[];
  readonly endMs: number;
}

interface Worker {
  readonly steps: Iterator<Step>;
  /** Whom it waits for; null: it computes, or has ended. */
  waitsFor: number | null;
}

/** One schedule per device of the network. Throws where devices wait for messages that nobody sends. */
export function runSchedules(schedules: readonly Schedule[], options: NetworkOptions): ScheduleResult {
  const clock = new VirtualClock();
  const network = new Network(clock, options);
  const activity = new Activity();
  const marks = new Map<string, number>();
  const count = schedules.length;
  /** Arrived and not received, per pair of devices. */
  const arrived = new Uint32Array(count * count);
  const workers = schedules.map((schedule): Worker => ({ steps: schedule[Symbol.iterator](), waitsFor: null }));
  let ended = 0;

  const arrive = (from: number, to: number) => {
    arrived[from * count + to]!++;
    if (workers[to]?.waitsFor === from) advance(to);
  };

  const advance = (self: number) => {
    const worker = workers[self]!;
    if (worker.waitsFor !== null) {
      arrived[worker.waitsFor * count + self]!--;
      worker.waitsFor = null;
    }
    for (let next = worker.steps.next(); next.done !== true; next = worker.steps.next()) {
      const step = next.value;
      switch (step.kind) {
        case "compute": {
          const startMs = clock.nowMs;
          clock.after(step.ms, () => {
            activity.add({ device: options.devices[self] ?? "?", label: step.label, startMs, endMs: clock.nowMs });
            advance(self);
          });
          return;
        }
        case "send":
          network.send(self, step.to, step.sizeBytes, () => arrive(self, step.to));
          break;
        case "receive":
          if (arrived[step.from * count + self] === 0) {
            worker.waitsFor = step.from;
            return;
          }
          arrived[step.from * count + self]!--;
          break;
        case "mark":
          if (!marks.has(step.name)) marks.set(step.name, clock.nowMs);
          break;
        default:
          step satisfies never;
      }
    }
    ended++;
  };

  workers.forEach((_, self) => clock.after(0, () => advance(self)));
  clock.runSync();
  if (ended < count) {
    const waiting = workers.findIndex(({ waitsFor }) => waitsFor !== null);
    const name = (device: number) => options.devices[device] ?? "?";
    throw new Error(
      `${name(waiting)} waits for a message of ${name(workers[waiting]?.waitsFor ?? -1)} that is never sent; check the schedules`,
    );
  }
  return { marks, spans: activity.spans, links: network.uses, endMs: clock.nowMs };
}
