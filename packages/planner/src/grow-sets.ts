/**
 * Which of many donors take part: sets are grown from the most useful device on, one at a time, by relaxed time and a short tour; the search then
 * exchanges devices of the best. A heuristic: O(n) relaxed times a size, instead of all 2ⁿ sets.
 */
import type { Problem } from "./problem.ts";
import type { HeadSeat, HostLayers } from "./request.ts";
import { hasHeadOnLast, setKey, shapeOf, type Shape } from "./shape.ts";
import { cheapestInsertion, shortTour } from "./tours.ts";

/** Devices that are looked at one by one; the rest is too slow or too far to be among the first. */
const MOST_LOOKED_AT = 24;
const MOST_PAIRS = 16;
/** Sets of each size that grow further: the best one's devices are not always among the best larger one's. */
const MOST_GROWN = 2;

/** A handful of shapes, of every size that was worth growing to. */
export function growSets(problem: Problem, hostLayers: HostLayers, head: HeadSeat): Shape[] {
  const shape = (order: readonly number[]) => shapeOf(problem, order, [{ order, ms: 0 }], hostLayers, head);
  const headOnLast = hasHeadOnLast(hostLayers, head);
  const pool = byUsefulness(problem).slice(0, MOST_LOOKED_AT);
  // Two devices may be good together that alone are not: a hop that is cheap only from one to the other.
  const pairs = pool.flatMap((a, i) =>
    pool.slice(i + 1).map((b) => shape(cheapestInsertion(problem, [a], b, headOnLast))),
  );
  const shapes: Shape[] = pairs.sort((a, b) => a.ms - b.ms).slice(0, MOST_PAIRS);
  let sets: readonly (readonly number[])[] = [[]];
  let bestMs = Infinity;
  for (let size = 1; size <= Math.min(pool.length, problem.L); size++) {
    const grown = distinct(
      sets.flatMap((set) =>
        pool
          .filter((donor) => !set.includes(donor))
          .map((donor) => shape(cheapestInsertion(problem, set, donor, headOnLast))),
      ),
    ).filter(({ ms }) => ms < Infinity);
    const next = grown[0];
    // Too little memory for the model leaves nothing to compare: then the largest first.
    if (next === undefined) {
      sets = sets.slice(0, 1).map((set) => [
        ...set,
        largest(
          problem,
          pool.filter((donor) => !set.includes(donor)),
        ),
      ]);
      continue;
    }
    shapes.push(...grown.slice(0, MOST_GROWN));
    sets = grown.slice(0, MOST_GROWN).map(({ donors }) => donors);
    if (next.ms > 1.3 * bestMs) break;
    bestMs = Math.min(bestMs, next.ms);
  }
  return shapes.map(({ donors }) =>
    shapeOf(problem, donors, [shortTour(problem, donors, headOnLast)], hostLayers, head),
  );
}

/** By time, each set once, in the order of its fastest way. */
function distinct(shapes: readonly Shape[]): readonly Shape[] {
  const bySet = new Map<string, Shape>();
  for (const one of [...shapes].sort((a, b) => a.ms - b.ms)) {
    const key = setKey(one.donors);
    if (!bySet.has(key)) bySet.set(key, one);
  }
  return [...bySet.values()];
}

function largest({ devices }: Problem, donors: readonly number[]): number {
  return donors.reduce((a, b) => (devices[b]!.most > devices[a]!.most ? b : a));
}

/** Donors, the most useful first. */
export function byUsefulness(problem: Problem): readonly number[] {
  return problem.devices
    .map((_, index) => ({ index, ms: index === 0 ? 0 : usefulness(problem, index) }))
    .slice(1)
    .sort((a, b) => a.ms - b.ms)
    .map(({ index }) => index);
}

/** A layer's time in the objective, and its share of the hops to and from the host. */
function usefulness({ devices, hops, work, L }: Problem, donor: number): number {
  const device = devices[donor]!;
  const layers = Math.max(1, Math.min(device.most, L / 4));
  const prompt = device.promptMs[0] ?? 0;
  const hop =
    hops[0]![donor]!.delayMs + hops[donor]![0]!.delayMs + work.rows * (hops[0]![donor]!.rowMs + hops[donor]![0]!.rowMs);
  return device.lapMs * work.laps + prompt + (work.laps + 1) * ((device.frameMs + hop) / layers);
}
