/** What a frame's way round the ring is made of, out of the stamps that its tabs' threads put on it. Pure. */
import type { LapStamp, Stamp, Step } from "./stamp-frames.ts";

export interface TabStamps {
  readonly page: readonly Stamp[];
  readonly worker: readonly Stamp[];
}

export const PARTS = ["compute", "frames", "queue", "toPage", "toWorker", "page", "wire", "choice"] as const;
export type Part = (typeof PARTS)[number];

/** Each moment of a way is in one part of one device, so they add up to it. */
export interface Budget {
  readonly totalMs: number;
  /** Host first, then donors in the ring's order. A link is its sender's. */
  readonly devices: readonly Readonly<Record<Part, number>>[];
}

/** By step and frame. */
export type Thread = ReadonlyMap<string, Stamp>;

/** Of one ring: laps, and the stamps of all of its tabs, the host's first, then donors' in the ring's order. */
export class Budgets {
  readonly #laps: readonly LapStamp[];
  readonly #pages: readonly Thread[];
  readonly #workers: readonly Thread[];

  constructor(tabs: readonly TabStamps[], laps: readonly LapStamp[]) {
    this.#laps = laps;
    this.#pages = tabs.map(({ page }) => threadOf(page));
    this.#workers = tabs.map(({ worker }) => threadOf(worker));
  }

  /** From before the embedding until the frame is back and read. */
  ofChunk(lap: LapStamp): Budget {
    return this.#budgetOf(lap, null);
  }

  /** From before the embedding until `next`, which carries the token that this one brought, is begun. */
  ofToken(lap: LapStamp, next: LapStamp): Budget {
    return this.#budgetOf(lap, next);
  }

  /** Within the computing of a token's lap, by device; 0 where kernels were not timed. */
  kernelMs({ frame }: LapStamp, next: LapStamp): readonly number[] {
    return this.#workers.map((worker, device) => {
      const end = stampOf(worker, "posted", device === 0 ? next.frame : frame);
      return end.kernelMs - stampOf(worker, "handled", frame).kernelMs;
    });
  }

  #budgetOf({ frame, sentMs, backMs, headMs, stages }: LapStamp, next: LapStamp | null): Budget {
    const devices = this.#pages.map(() => ({
      ...{ compute: 0, frames: 0, queue: 0, toPage: 0, toWorker: 0, page: 0, wire: 0, choice: 0 },
    }));
    let nowMs = sentMs;
    const until = (atMs: number, device: number, part: Part) => {
      devices[device]![part] += atMs - nowMs;
      nowMs = atMs;
    };
    /** Out of a device's worker, over its page and the next one's, into the next one's worker. */
    const pass = (device: number) => {
      const to = (device + 1) % devices.length;
      until(stampOf(this.#workers[device], "posted", frame).atMs, device, "frames");
      until(stampOf(this.#pages[device], "handled", frame).atMs, device, "toPage");
      until(stampOf(this.#pages[device], "sent", frame).atMs, device, "page");
      until(stampOf(this.#pages[to], "came", frame).atMs, device, "wire");
      until(stampOf(this.#pages[to], "posted", frame).atMs, to, "page");
      const handledMs = stampOf(this.#workers[to], "handled", frame).atMs;
      // A worker that computes another frame hears of this one afterwards: that is waiting, not waking up.
      until(nowMs + this.#busyMs(to, nowMs, handledMs), to, "queue");
      until(handledMs, to, "toWorker");
    };
    pass(0);
    for (const [stage, { queueMs, computeMs }] of stages.entries()) {
      const device = stage + 1;
      until(stampOf(this.#workers[device], "read", frame).atMs, device, "frames");
      until(nowMs + queueMs, device, "queue");
      until(nowMs + computeMs, device, "compute");
      pass(device);
    }
    until(backMs, 0, "frames");
    if (next !== null) {
      until(nowMs + headMs, 0, "compute");
      until(next.sentMs, 0, "choice");
    }
    return { totalMs: nowMs - sentMs, devices };
  }

  /** How much of that time a donor's worker was at other frames. */
  #busyMs(device: number, fromMs: number, toMs: number): number {
    if (device === 0) return 0;
    const worker = this.#workers[device];
    return this.#laps.reduce((sum, { frame, stages }) => {
      const begunMs = stampOf(worker, "read", frame).atMs + (stages[device - 1]?.queueMs ?? NaN);
      const endMs = stampOf(worker, "posted", frame).atMs;
      return sum + Math.max(0, Math.min(endMs, toMs) - Math.max(begunMs, fromMs));
    }, 0);
  }
}

export function threadOf(stamps: readonly Stamp[]): Thread {
  return new Map(stamps.map((stamp) => [keyOf(stamp.step, stamp.frame), stamp]));
}

export function stampOf(thread: Thread | undefined, step: Step, frame: number): Stamp {
  const stamp = thread?.get(keyOf(step, frame));
  if (stamp === undefined) throw new Error(`nobody saw when frame ${frame} was ${step}`);
  return stamp;
}

function keyOf(step: Step, frame: number): string {
  return `${step} ${frame}`;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function meanBudget(budgets: readonly Budget[]): Budget {
  const mean = (of: (budget: Budget) => number) => meanOf(budgets.map(of));
  return {
    totalMs: mean(({ totalMs }) => totalMs),
    devices: (budgets[0]?.devices ?? []).map((_, device) =>
      recordOf((part) => mean((budget) => budget.devices[device]![part])),
    ),
  };
}

/** Each part, of all devices together. */
export function sumsOf({ devices }: Budget): Readonly<Record<Part, number>> {
  return recordOf((part) => devices.reduce((sum, parts) => sum + parts[part], 0));
}

function recordOf(of: (part: Part) => number): Record<Part, number> {
  return Object.fromEntries(PARTS.map((part) => [part, of(part)])) as Record<Part, number>;
}
