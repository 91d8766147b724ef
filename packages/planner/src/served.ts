/**
 * What a ring that was not measured takes, from the laps of its answers: nobody waits for that. Of a device alone, and of rings whose layers somebody
 * counted.
 */
import type { Seat } from "@jupiter/protocol";
import type { HeadCost, LinkCost } from "./costs.ts";
import type { DriftLap } from "./drift.ts";
import { fitHead, fitLayer, type MeasuredTime } from "./fit.ts";
import { median } from "./median.ts";
import type { Plan } from "./plan.ts";
import { asItStands } from "./replan.ts";
import type { PlanRequest } from "./request.ts";

/** Of a lap, what is read here. */
export interface ServedLap extends DriftLap {
  readonly wanted: boolean;
  readonly drafts?: number;
  readonly lapMs: number;
  readonly headMs: number;
  readonly stageTimes: readonly { readonly stage: number; readonly queueUs: number; readonly computeUs: number }[];
}

/** Plain data: a browser keeps it. */
export interface Served {
  /** Of one layer, what a frame takes besides included. */
  readonly layers: readonly { readonly seat: Seat; readonly times: readonly MeasuredTime[] }[];
  /** Of one scored row. */
  readonly headMs: number;
  /** What a lap takes besides stages and head, by its rows; in a ring of one device that is messages within it. */
  readonly rest: HeadCost;
}

/** Newest observations that a point is the median of. */
const WINDOW = 16;
/** Laps of fewer rows than a prompt's say nothing without so many. */
const FEWEST = 16;
/** Slots that cached tokens are counted by: a layer's time changes little within. */
const SLOTS = 128;
/** Points that costs are fitted to, those seen most. */
const MOST_POINTS = 24;
/** Kernels for a prompt's rows are others than for a few. */
const MANY_ROWS = 16;

interface Point {
  readonly T: number;
  readonly S: number[];
  readonly ms: number[];
  count: number;
}

export class ServedTimes {
  readonly #stages: readonly { readonly seat: Seat; readonly layers: number }[];
  readonly #points = new Map<Seat, Map<string, Point>>();
  readonly #head: number[] = [];
  /** By rows: of few, and of many. */
  readonly #rest: { readonly rows: number; readonly ms: number }[] = [];
  readonly #manyRest: { readonly rows: number; readonly ms: number }[] = [];
  #laps = 0;

  constructor({ stages }: Pick<Plan, "stages">) {
    this.#stages = stages.map(({ seat, layers }) => ({ seat, layers: layers.end - layers.first }));
  }

  observe({ rows: T, cached: S, dead, wanted, drafts = 0, lapMs, headMs, stageTimes }: ServedLap): void {
    if (dead) return;
    this.#laps++;
    for (const { stage, computeUs } of stageTimes) {
      const at = this.#stages[stage];
      if (at === undefined || computeUs <= 0) continue;
      const points = this.#points.get(at.seat) ?? new Map<string, Point>();
      this.#points.set(at.seat, points);
      const key = `${T} ${Math.floor(S / SLOTS)}`;
      const point = points.get(key) ?? { T, S: [], ms: [], count: 0 };
      points.set(key, point);
      point.count++;
      newest(point.S, S);
      newest(point.ms, computeUs / 1000 / at.layers);
    }
    // With guesses several rows are scored, and how many is not told.
    if (!wanted || drafts > 0) return;
    newest(this.#head, headMs);
    const stagesMs = stageTimes.reduce((sum, { queueUs, computeUs }) => sum + (queueUs + computeUs) / 1000, 0);
    newest(T < MANY_ROWS ? this.#rest : this.#manyRest, { rows: T, ms: Math.max(0, lapMs - stagesMs) });
  }

  /** Null: too few laps to say. */
  get found(): Served | null {
    const seats = new Set(this.#stages.map(({ seat }) => seat));
    if (this.#laps < FEWEST || this.#rest.length === 0 || this.#points.size < seats.size) return null;
    const layers = [...this.#points].map(([seat, points]) => ({
      seat,
      times: [...points.values()]
        .sort((a, b) => b.count - a.count)
        .slice(0, MOST_POINTS)
        .map(({ T, S, ms }) => ({ T, S: median(S), ms: median(ms) })),
    }));
    const restOf = (laps: readonly { readonly rows: number; readonly ms: number }[]) =>
      laps.length === 0 ? [] : [{ rows: median(laps.map(({ rows }) => rows)), ms: median(laps.map(({ ms }) => ms)) }];
    const few = restOf(this.#rest)[0]!;
    const many = restOf(this.#manyRest)[0];
    const rowMs = many === undefined ? 0 : Math.max(0, (many.ms - few.ms) / (many.rows - few.rows));
    return { layers, headMs: median(this.#head), rest: { floorMs: Math.max(0, few.ms - rowMs * few.rows), rowMs } };
  }
}

/** The stages that stand, with what they took. */
export function asServed(
  { request, plan }: { readonly request: PlanRequest; readonly plan: Plan },
  served: Served,
): Plan {
  const ring = ["host" as const, ...plan.stages.map(({ seat }) => seat), "host" as const];
  const hops = ring.filter((seat, i) => i > 0 && seat !== ring[i - 1]).length;
  const { floorMs, rowMs } = served.rest;
  const link: LinkCost = {
    rttMs: (2 * floorMs) / hops,
    bytesPerMs: rowMs === 0 ? Infinity : (request.model.rowBytes * hops) / rowMs,
  };
  const devices = request.devices.map((device) => {
    const times = served.layers.find(({ seat }) => seat === device.seat)?.times ?? [];
    const layer = times.length === 0 ? device.costs.layer : fitLayer(times).layer;
    // No link takes it: it is in the way of every frame.
    const frameMs = hops === 0 ? floorMs : 0;
    const head = device.seat === "host" ? fitHead([{ rows: 1, ms: served.headMs }]) : null;
    return { ...device, costs: { layer, frameMs, head } };
  });
  return asItStands(plan, { ...request, devices, ...(hops === 0 ? {} : { link: () => link }) });
}

function newest<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > WINDOW) list.shift();
}
