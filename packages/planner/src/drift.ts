/**
 * How much slower or faster devices are than when they were measured: heat, a page behind others, a battery saver. Read from the times that stages
 * report with every frame.
 */
import type { Seat } from "@jupiter/protocol";
import type { DeviceCosts } from "./costs.ts";
import { median } from "./median.ts";
import { placeMs, type PipePlace } from "./pipe.ts";
import type { Plan } from "./plan.ts";

/** A stage of the ring that runs, with what its device was measured to take. */
export interface DriftingStage extends Pick<PipePlace, "costs" | "layers"> {
  readonly seat: Seat;
}

/** In ring order, with what the plan reckoned with. */
export function driftingStages({ stages, pipe }: Plan): readonly DriftingStage[] {
  return stages.map(({ seat }, i) => {
    const { layers, costs } = pipe.places[i]!;
    return { seat, layers, costs };
  });
}

/** Of a lap, what is read here. */
export interface DriftLap {
  readonly rows: number;
  readonly cached: number;
  readonly dead: boolean;
  readonly stageTimes: readonly { readonly stage: number; readonly computeUs: number }[];
}

/** Frames of one device that its factor is the median of: about a short answer's, so that it follows within seconds. */
const WINDOW = 48;
/** Fewer say nothing: the first frames of a ring are slow. */
const FEWEST = 16;

export class DriftMeter {
  readonly #stages: readonly DriftingStage[];
  readonly #ratios = new Map<Seat, number[]>();

  /** `stages` in ring order. */
  constructor(stages: readonly DriftingStage[]) {
    this.#stages = stages;
  }

  observe({ rows, cached, dead, stageTimes }: DriftLap): void {
    if (dead) return;
    for (const { stage, computeUs } of stageTimes) {
      const at = this.#stages[stage];
      const expectedMs = at === undefined ? 0 : placeMs(at, rows, cached);
      if (at === undefined || computeUs <= 0 || expectedMs <= 0) continue;
      const ratios = this.#ratios.get(at.seat) ?? [];
      ratios.push(computeUs / 1000 / expectedMs);
      this.#ratios.set(at.seat, ratios.slice(-WINDOW));
    }
  }

  /** What the device takes now, over what it was measured to take: 1.6 is slower. Null: too few frames to say. */
  factor(seat: Seat): number | null {
    const ratios = this.#ratios.get(seat) ?? [];
    return ratios.length < FEWEST ? null : median(ratios);
  }

  /** Of all devices of which enough is known. */
  factors(): ReadonlyMap<Seat, number> {
    const known = [...new Set(this.#stages.map(({ seat }) => seat))].map((seat) => [seat, this.factor(seat)] as const);
    return new Map(known.filter((entry): entry is readonly [Seat, number] => entry[1] !== null));
  }
}

/** What the device takes now: what planning anew reckons with. */
export function drifted({ layer, frameMs, head }: DeviceCosts, factor: number): DeviceCosts {
  return {
    layer: layer.map(({ fromRows, floorMs, rowMs, pairMs }) => ({
      fromRows,
      floorMs: floorMs * factor,
      rowMs: rowMs * factor,
      pairMs: pairMs * factor,
    })),
    frameMs: frameMs * factor,
    head: head === null ? null : { floorMs: head.floorMs * factor, rowMs: head.rowMs * factor },
  };
}
