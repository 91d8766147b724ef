/** While a ring serves: how much slower or faster its devices are than they were measured, for their cards and for planning anew. */
import { driftingStages, DriftMeter, type DriftLap, type Plan } from "@jupiter/planner";
import type { Seat } from "@jupiter/protocol";

export interface DriftWatchOptions {
  /** Over what was measured: 1.6 is slower. */
  readonly tell: (seat: Seat, factor: number) => void;
}

/** A card need not change with every token. */
const TELL_EVERY_LAPS = 16;

export class DriftWatch {
  readonly #options: DriftWatchOptions;
  #meter: DriftMeter | null = null;
  #reckoned: ReadonlyMap<Seat, number> = new Map();
  #laps = 0;

  constructor(options: DriftWatchOptions) {
    this.#options = options;
  }

  /** A ring stands; `reckoned`: the factor that the plan's costs have in them already. Null: nothing was measured for it. */
  begin(plan: Plan | null, reckoned: (seat: Seat) => number): void {
    this.#laps = 0;
    // Now: what is told from here on counts from there.
    this.#reckoned = new Map(plan?.stages.map(({ seat }) => [seat, reckoned(seat)]));
    this.#meter = plan === null ? null : new DriftMeter(driftingStages(plan));
  }

  end(): void {
    this.#meter = null;
  }

  /** Over what the plan reckoned with; devices of which too little is known are left out. */
  get factors(): ReadonlyMap<Seat, number> {
    return this.#meter?.factors() ?? new Map();
  }

  observe(lap: DriftLap): void {
    if (this.#meter === null) return;
    this.#meter.observe(lap);
    if (++this.#laps % TELL_EVERY_LAPS !== 0) return;
    for (const [seat, factor] of this.factors) this.#options.tell(seat, factor * (this.#reckoned.get(seat) ?? 1));
  }
}
