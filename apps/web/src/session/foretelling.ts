/**
 * What the next answer is expected to take, and what was expected of the last one when it was asked for. By the plan where devices were measured; else by
 * what answers took until then, which nobody waits for.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { asServed, ServedTimes, type Pipe, type Plan, type Served, type ServedLap } from "@jupiter/planner";
import type { PlannedBy } from "./ring-planning.ts";

export interface Forecast {
  readonly pipe: Pipe;
  /** Of every chunk of a prompt; null: prompts are cut as well as can be. */
  readonly chunkRows: number | null;
  /** By answers, not by measurements before a plan. */
  readonly isServed: boolean;
}

/** A ring that stands. */
export interface Foretold {
  /** Null: nothing was measured for it. */
  readonly plan: Plan | null;
  /** Its stages; their times are made up where nothing was measured. */
  readonly placed: PlannedBy;
  /** What was found out earlier, of a ring that was not measured; null: nothing. */
  readonly known: Served | null;
  readonly chunkRows: number | null;
}

export class Foretelling {
  /** Null: nothing is known yet. */
  readonly now: ReadonlySignal<Forecast | null>;
  /** Of the answer that ended last. */
  readonly last: ReadonlySignal<{ readonly id: string; readonly forecast: Forecast | null } | null>;
  readonly #now = signal<Forecast | null>(null);
  readonly #last = signal<{ readonly id: string; readonly forecast: Forecast | null } | null>(null);
  readonly #asked = new Map<string, Forecast | null>();
  readonly #found: (served: Served) => void;
  #ring: Foretold | null = null;
  #times: ServedTimes | null = null;

  /** `found`: told after every answer of a ring that was not measured. */
  constructor(found: (served: Served) => void) {
    this.#found = found;
    this.now = this.#now;
    this.last = this.#last;
  }

  begin(ring: Foretold): void {
    const { plan, placed, known, chunkRows } = ring;
    this.#ring = ring;
    this.#times = plan === null ? new ServedTimes(placed.plan) : null;
    if (plan !== null) this.#now.value = { pipe: plan.pipe, chunkRows: null, isServed: false };
    else if (known === null) this.#now.value = null;
    else this.#now.value = { pipe: asServed(placed, known).pipe, chunkRows, isServed: true };
  }

  end(): void {
    this.#ring = null;
    this.#times = null;
    this.#now.value = null;
    this.#asked.clear();
  }

  asked(id: string): void {
    this.#asked.set(id, this.#now.peek());
  }

  observe(lap: ServedLap): void {
    this.#times?.observe(lap);
  }

  answered(id: string): void {
    this.#last.value = { id, forecast: this.#asked.get(id) ?? null };
    this.#asked.delete(id);
    const served = this.#times?.found ?? null;
    if (this.#ring === null || served === null) return;
    const { placed, chunkRows } = this.#ring;
    this.#now.value = { pipe: asServed(placed, served).pipe, chunkRows, isServed: true };
    this.#found(served);
  }
}
