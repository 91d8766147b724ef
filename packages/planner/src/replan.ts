/**
 * Whether a ring whose devices have changed since they were measured is to be planned anew: asked after each answer. Hot phones cool down and hidden
 * pages come back, so a move must pay for itself, and the reason for it must last.
 */
import type { Seat } from "@jupiter/protocol";
import { drifted } from "./drift.ts";
import { plan, type Plan } from "./plan.ts";
import type { HeadSeat, HostLayers, PlanRequest } from "./request.ts";

/** A ring that serves. */
export interface Standing {
  /** What it was planned from. */
  readonly request: PlanRequest;
  readonly plan: Plan;
  /** Between two answers, what putting another ring together takes besides loading: links. */
  readonly moveMs: number;
  /** Bytes of layers, as the device holds them, that each took in a millisecond: fetched, unpacked and placed. A seat that is not there: not known. */
  readonly loadBytesPerMs?: ReadonlyMap<Seat, number>;
  /** Of these devices before, one after the other. Default: none. */
  readonly moves?: number;
}

export interface Move {
  /** The request with devices as they are now. */
  readonly request: PlanRequest;
  readonly plan: Plan;
  /** Of each question and answer of the workload, in the ring as it stands with devices as they are now, and in the new one. */
  readonly standsMs: number;
  readonly movedMs: number;
  /** What the move itself takes: loading what is new on each device, links, and the prefill of a dialogue. */
  readonly moveMs: number;
  /** Seats whose number of layers changes. */
  readonly shifts: readonly Shift[];
  /** With this one: of these devices, one after the other. */
  readonly moves: number;
}

export interface Shift {
  readonly seat: Seat;
  /** Above 0: it gets more. */
  readonly layers: number;
  /** What its layers take now over what the plan that stands reckoned with; 1 where nothing is known. */
  readonly factor: number;
}

/** Less than this is within what devices vary by themselves: nothing is planned for it. */
const LEAST_DRIFT = 0.1;
/**
 * Of a question and an answer's time. What predictions err by, both plans share; two equal devices, of which one was timed while others used it, stand
 * with all layers but one on the other, and this is less than evening them out saves.
 */
const LEAST_SAVED = 0.06;
/** Answers in a row after which the same is found; twice as many after every move, to so many: devices that change all the time would send layers to and fro. */
const IN_A_ROW = 2;
const MOST_IN_A_ROW = 16;
/** As many answers are expected as there were since the ring stands, but not more than this. */
const MOST_AHEAD = 20;

export class Replanner {
  readonly #standing: Standing;
  #answers = 0;
  #inARow = 0;

  constructor(standing: Standing) {
    this.#standing = standing;
  }

  /**
   * After every answer, while nothing is in the ring. `factors`: what each device takes now over what the plan reckoned with; those of which
   * too little is known are left out. Null: it stays as it is.
   */
  afterAnswer(factors: ReadonlyMap<Seat, number>): Move | null {
    this.#answers++;
    const move = this.#better(factors);
    this.#inARow = move === null ? 0 : this.#inARow + 1;
    const needed = Math.min(MOST_IN_A_ROW, IN_A_ROW * 2 ** (this.#standing.moves ?? 0));
    return this.#inARow < needed ? null : move;
  }

  #better(factors: ReadonlyMap<Seat, number>): Move | null {
    const hasDrifted = [...factors.values()].some((factor) => Math.abs(Math.log(factor)) > Math.log(1 + LEAST_DRIFT));
    if (!hasDrifted) return null;
    const before = this.#standing;
    const devices = before.request.devices.map((device) => ({
      ...device,
      costs: drifted(device.costs, factors.get(device.seat) ?? 1),
    }));
    // The head stays where it is: who may read the answers is not decided by a hot phone.
    const placement = { ...before.request.placement, head: [headSeatOf(before.plan)] };
    const request = { ...before.request, devices, placement };
    const planned = plan(request);
    if (planned.kind === "not-enough") return null;
    const next = inSameOrder(before.plan, planned, request);
    const standsMs = asItStands(before.plan, request).predicted.workloadMs;
    const movedMs = next.predicted.workloadMs;
    const savedMs = standsMs - movedMs;
    // What the dialogue has cached is computed anew.
    const moveMs = before.moveMs + loadMs(before, next) + next.predicted.firstTokenMs;
    const ahead = Math.min(MOST_AHEAD, Math.max(IN_A_ROW, this.#answers));
    if (savedMs < LEAST_SAVED * standsMs || savedMs * ahead < moveMs) return null;
    const shifts = shiftsOf(before.plan, next, factors);
    return { request, plan: next, standsMs, movedMs, moveMs, shifts, moves: (before.moves ?? 0) + 1 };
  }
}

/** Two orders of equal devices take the same but for their links, and a device at another place has other layers to load. */
const ORDER_IS_WORTH = 0.02;

/** The new numbers of layers in the order that stands, if the same devices take part and that is as good. */
function inSameOrder(before: Plan, next: Plan, request: PlanRequest): Plan {
  const seats = before.stages.map(({ seat }) => seat);
  const isSameSet = seats.length === next.stages.length && new Set(seats).size === seats.length;
  if (!isSameSet || !next.stages.every(({ seat }) => seats.includes(seat))) return next;
  let first = 0;
  const stages = before.stages.map((stage) => {
    const start = first;
    first += layersOf(next, stage.seat);
    return { ...stage, layers: { first: start, end: first } };
  });
  const again = { ...asItStands({ ...before, stages }, request), leftOut: next.leftOut };
  return again.predicted.workloadMs <= next.predicted.workloadMs * (1 + ORDER_IS_WORTH) ? again : next;
}

/** Devices load at the same time; where nothing is known of one, it is taken for the slowest. */
function loadMs({ plan, request, loadBytesPerMs = new Map() }: Standing, next: Plan): number {
  const slowest = Math.min(...loadBytesPerMs.values());
  const seats = new Set(next.stages.map(({ seat }) => seat));
  const each = [...seats].map((seat) => {
    const sizes = request.devices.find((device) => device.seat === seat)?.layerBytes ?? [];
    const had = (layer: number) => isAt(plan, seat, layer);
    const bytes = sizes.reduce((sum, size, i) => sum + (isAt(next, seat, i) && !had(i) ? size : 0), 0);
    return bytes / (loadBytesPerMs.get(seat) ?? slowest);
  });
  return Math.max(0, ...each);
}

function isAt({ stages }: Plan, seat: Seat, layer: number): boolean {
  return stages.some((stage) => stage.seat === seat && layer >= stage.layers.first && layer < stage.layers.end);
}

/** The same stages, with what a request's devices take. */
export function asItStands(standing: Plan, request: PlanRequest): Plan {
  const { stages } = standing;
  const seats = stages.map(({ seat }) => seat);
  const order = ["host" as const, ...seats.filter((seat) => seat !== "host")];
  const again = plan({
    ...request,
    devices: order.flatMap((seat) => request.devices.find((device) => device.seat === seat) ?? []),
    placement: {
      hostLayers: [hostLayersOf(seats)],
      head: [headSeatOf(standing)],
      donors: "all",
      layers: stages.map(({ layers }) => layers.end - layers.first),
    },
  });
  // Layers that somebody counted are held against no limit.
  if (again.kind === "not-enough") throw new RangeError(again.message);
  return again;
}

function headSeatOf({ head }: Plan): HeadSeat {
  return head === "host" ? "host" : "last";
}

function hostLayersOf(seats: readonly Seat[]): HostLayers {
  if (seats.every((seat) => seat === "host")) return "all";
  const [isFirst, isLast] = [seats[0] === "host", seats.at(-1) === "host"];
  return isFirst && isLast ? "both" : isFirst ? "first" : isLast ? "last" : "none";
}

function shiftsOf(before: Plan, after: Plan, factors: ReadonlyMap<Seat, number>): readonly Shift[] {
  const seats = new Set([...before.stages, ...after.stages].map(({ seat }) => seat));
  return [...seats].flatMap((seat) => {
    const layers = layersOf(after, seat) - layersOf(before, seat);
    return layers === 0 ? [] : [{ seat, layers, factor: factors.get(seat) ?? 1 }];
  });
}

function layersOf({ stages }: Plan, seat: Seat): number {
  return stages.reduce((sum, stage) => sum + (stage.seat === seat ? stage.layers.end - stage.layers.first : 0), 0);
}
