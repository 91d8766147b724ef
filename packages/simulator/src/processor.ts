/** Devices that compute one thing at a time, on machines whose cores they may have to share. */
import type { Activity } from "./activity.ts";
import type { VirtualClock } from "./virtual-clock.ts";

interface Job {
  readonly label: string;
  remainingMs: number;
  startedMs: number;
  readonly done: (startedMs: number) => void;
}

/** Runs of several devices at once: each at full speed while there is a core for it, all equally slower beyond. */
export class Machine {
  readonly #clock: VirtualClock;
  readonly #cores: number;
  readonly #running = new Set<Job>();
  #sinceMs = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: VirtualClock, cores = Infinity) {
    if (!(cores > 0)) throw new RangeError(`a machine has more than 0 cores, not ${cores}`);
    this.#clock = clock;
    this.#cores = cores;
  }

  start(job: Job): void {
    this.#pass();
    job.startedMs = this.#clock.nowMs;
    this.#running.add(job);
    this.#wait();
  }

  get #speed(): number {
    return Math.min(1, this.#cores / this.#running.size);
  }

  #pass(): void {
    const ms = (this.#clock.nowMs - this.#sinceMs) * (this.#running.size === 0 ? 0 : this.#speed);
    for (const job of this.#running) job.remainingMs -= ms;
    this.#sinceMs = this.#clock.nowMs;
  }

  #wait(): void {
    this.#cancel?.();
    this.#cancel = null;
    let next: Job | null = null;
    for (const job of this.#running) if (next === null || job.remainingMs < next.remainingMs) next = job;
    if (next === null) return;
    const finishing = next;
    this.#cancel = this.#clock.after(Math.max(0, next.remainingMs / this.#speed), () => {
      this.#pass();
      this.#running.delete(finishing);
      this.#wait();
      finishing.done(finishing.startedMs);
    });
  }
}

/** One device's queue: layers, head and whatever else it computes, first come, first served. */
export class Processor {
  readonly #clock: VirtualClock;
  readonly #machine: Machine;
  readonly #name: string;
  readonly #activity: Activity;
  readonly #queue: Job[] = [];

  constructor(clock: VirtualClock, name: string, activity: Activity, machine = new Machine(clock)) {
    this.#clock = clock;
    this.#name = name;
    this.#activity = activity;
    this.#machine = machine;
  }

  /** Resolves with what it took from its own start, its turn awaited. */
  compute(label: string, workMs: number): Promise<number> {
    return new Promise((resolve) => this.run(label, workMs, resolve));
  }

  run(label: string, workMs: number, done: (tookMs: number) => void): void {
    const job: Job = {
      label,
      remainingMs: workMs,
      startedMs: 0,
      done: (startedMs) => {
        this.#activity.add({ device: this.#name, label, startMs: startedMs, endMs: this.#clock.nowMs });
        this.#queue.shift();
        const next = this.#queue[0];
        if (next !== undefined) this.#machine.start(next);
        done(this.#clock.nowMs - startedMs);
      },
    };
    this.#queue.push(job);
    if (this.#queue.length === 1) this.#machine.start(job);
  }
}
