/**
 * How little a set of devices can take, if layers could be cut anywhere and chunks were all alike: Σ and max over devices as a linear programme with one
 * free number, the longest that a device may work on a prompt. Ranks sets of devices before any is looked at closely.
 */
import type { Problem } from "./problem.ts";

export interface Relaxed {
  readonly ms: number;
  /** The slicing for which it is least. */
  readonly slicing: number;
}

/** What a set's hops take at least. */
export interface Ways {
  /** Of a lap's frame. */
  readonly lapMs: number;
  /** Of a prompt's first row, and of each row in sum and on the slowest link. */
  readonly delayMs: number;
  readonly rowMs: number;
  readonly mostRowMs: number;
}

const STEPS = 24;

/** `places`: indices of devices in any order, the host twice where it is both ends. Infinity: they cannot hold the model. */
export function relaxed(problem: Problem, places: readonly number[], headOnLast: boolean, ways: Ways): Relaxed {
  const { work, L, request } = problem;
  const seats = seatsOf(problem, places, headOnLast);
  if (places.length > L || seats.reduce((sum, { most }) => sum + most, 0) < L) return { ms: Infinity, slicing: 0 };
  const heads = headOnLast ? places.map((index) => problem.devices[index]!) : [problem.devices[0]!];
  const headOneMs = Math.min(...heads.map((device) => device.headOneMs));
  const lapConstMs = work.hostLapMs + ways.lapMs + Math.min(...heads.map((device) => device.headLapMs));
  const linkMs = request.workload.promptTokens * ways.mostRowMs;
  const busiestMs = work.frames > 1 ? work.frames * Math.max(busiest(seats, L), work.rows * ways.mostRowMs) : 0;
  if (work.prompts === 0) return { ms: Math.max(busiestMs, lapConstMs + least(seats, L, Infinity, 0)), slicing: 0 };
  let best: Relaxed = { ms: Infinity, slicing: 0 };
  for (let slicing = 0; slicing < work.slicings.length; slicing++) {
    const chunks = work.slicings[slicing]!.rows.length;
    for (const seat of seats) {
      seat.weight = work.laps * seat.lapMs + seat.device.promptMs[slicing]! / chunks;
      seat.sumFrameMs = (work.laps + 1) * seat.frameMs;
      seat.promptMs = seat.device.promptMs[slicing]! / seat.least;
    }
    const waits = (work.prompts * chunks - 1) / chunks;
    const wayMs = ways.delayMs + (request.workload.promptTokens * ways.rowMs) / chunks + headOneMs;
    const ms = work.laps * lapConstMs + leastOver(seats, L, chunks, waits, linkMs);
    const alone = work.frames > 1 ? work.laps * busiestMs + prefillOnly(seats, L, chunks, waits, slicing, linkMs) : 0;
    const most = wayMs + Math.max(ms, alone);
    if (most < best.ms) best = { ms: most, slicing };
  }
  return best;
}

interface SeatLoad {
  readonly device: Problem["devices"][number];
  readonly lapMs: number;
  /** Of one frame, at all its places. */
  readonly frameMs: number;
  /** Of one frame at one place. */
  readonly placeMs: number;
  readonly fixedMs: number;
  readonly least: number;
  readonly most: number;
  /** Of a layer and of the frames, in the objective's sum; and of a layer for the whole prompt, at one of its places. */
  weight: number;
  sumFrameMs: number;
  promptMs: number;
}

function seatsOf({ devices, work }: Problem, places: readonly number[], headOnLast: boolean): SeatLoad[] {
  return [...new Set(places)].map((index) => {
    const device = devices[index]!;
    const times = places.filter((other) => other === index).length;
    return {
      device,
      lapMs: device.lapMs,
      frameMs: times * device.frameMs,
      placeMs: device.frameMs,
      fixedMs: index === 0 ? work.hostLapMs + (headOnLast ? 0 : device.headLapMs) : 0,
      least: times,
      most: index === 0 && !headOnLast ? device.mostWithHead : device.most,
      weight: work.laps * device.lapMs,
      sumFrameMs: work.laps * times * device.frameMs,
      promptMs: 0,
    };
  });
}

/** The least over all limits on a device's work for a prompt: convex in the limit, so a ternary search. */
function leastOver(seats: SeatLoad[], L: number, chunks: number, waits: number, linkMs: number): number {
  seats.sort((a, b) => a.weight - b.weight);
  let high = Math.max(...seats.map(({ frameMs, promptMs }) => chunks * frameMs + promptMs * L));
  let low = Math.max(
    lowestLimit(
      seats,
      L,
      (seat) => chunks * seat.placeMs,
      (seat) => seat.promptMs,
    ),
    ...seats.map((seat) => chunks * seat.placeMs + seat.least * seat.promptMs),
  );
  const msAt = (limit: number) => least(seats, L, limit, chunks) + waits * Math.max(limit, linkMs);
  let best = Math.min(msAt(low), msAt(high));
  for (let step = 0; step < STEPS; step++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    const [msA, msB] = [msAt(a), msAt(b)];
    best = Math.min(best, msA, msB);
    if (msA <= msB) high = b;
    else low = a;
  }
  return best;
}

function prefillOnly(
  seats: SeatLoad[],
  L: number,
  chunks: number,
  waits: number,
  slicing: number,
  linkMs: number,
): number {
  for (const seat of seats) {
    seat.weight = seat.device.promptMs[slicing]! / chunks;
    seat.sumFrameMs = seat.frameMs;
  }
  return leastOver(seats, L, chunks, waits, linkMs);
}

/** Σ of weights under a limit, cheapest devices first; Infinity where the limit is too low. `seats` are sorted by weight. */
function least(seats: readonly SeatLoad[], L: number, limit: number, chunks: number): number {
  let [ms, left] = [0, L];
  for (const { least, sumFrameMs, weight } of seats) {
    left -= least;
    ms += sumFrameMs + least * weight;
  }
  if (chunks === 0)
    return fill(
      [...seats].sort((a, b) => a.weight - b.weight),
      ms,
      left,
      (seat) => seat.most,
    );
  return fill(seats, ms, left, (seat) => Math.min(seat.most, layersIn(limit - chunks * seat.placeMs, seat.promptMs)));
}

function fill(seats: readonly SeatLoad[], startMs: number, layers: number, mostOf: (seat: SeatLoad) => number): number {
  let [ms, left] = [startMs, layers];
  for (const seat of seats) {
    if (left <= 0) return ms;
    const more = Math.min(left, Math.max(0, mostOf(seat) - seat.least));
    ms += more * seat.weight;
    left -= more;
  }
  return left > 1e-6 ? Infinity : ms;
}

/** The lowest limit under which all layers have a place. */
function lowestLimit(
  seats: readonly SeatLoad[],
  L: number,
  fixedOf: (seat: SeatLoad) => number,
  layerOf: (seat: SeatLoad) => number,
): number {
  const needs = (limit: number) =>
    seats.reduce(
      (sum, seat) => sum + Math.min(seat.most, Math.max(seat.least, layersIn(limit - fixedOf(seat), layerOf(seat)))),
      0,
    );
  let [low, high] = [0, Math.max(...seats.map((seat) => fixedOf(seat) + layerOf(seat) * L))];
  for (let step = 0; step < 2 * STEPS; step++) {
    const middle = (low + high) / 2;
    if (needs(middle) >= L) high = middle;
    else low = middle;
  }
  return high;
}

function busiest(seats: readonly SeatLoad[], L: number): number {
  return Math.max(
    lowestLimit(
      seats,
      L,
      (seat) => seat.frameMs + seat.fixedMs,
      (seat) => seat.lapMs,
    ),
    ...seats.map((seat) => seat.frameMs + seat.fixedMs + seat.least * seat.lapMs),
  );
}

function layersIn(ms: number, layerMs: number): number {
  return layerMs > 0 ? ms / layerMs : Infinity;
}
