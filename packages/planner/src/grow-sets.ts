/**
 * Which of many donors take part: sets are grown from the most useful device on, one at a time, by relaxed time and a short tour; the search then
 * exchanges devices of the best. A heuristic: O(n) relaxed times a size, instead of all 2ⁿ sets.
 */
import type { Problem } from "./problem.ts";
import type { HeadSeat, HostLayers } from "./request.ts";
import { hasHeadOnLast, shapeOf, type Shape } from "./shape.ts";
import { cheapestInsertion, shortTour } from "./tours.ts";

/** Devices that are looked at one by one; the rest is too slow or too far to be among the first. */
const MOST_LOOKED_AT = 24;
const MOST_PAIRS = 16;

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
  let set: readonly number[] = [];
  let best: Shape | null = null;
  for (;;) {
    const rest = pool.filter((donor) => !set.includes(donor));
    // Too little memory for the model leaves nothing to compare: then the largest first.
    const grown = rest
      .map((donor) => shape(cheapestInsertion(problem, set, donor, headOnLast)))
      .sort((a, b) => a.ms - b.ms);
    const next = grown[0];
    if (next === undefined || set.length >= problem.L) break;
    set =
      next.ms === Infinity
        ? [...set, rest.reduce((a, b) => (problem.devices[b]!.most > problem.devices[a]!.most ? b : a))]
        : next.donors;
    if (next.ms === Infinity) continue;
    shapes.push(...grown.slice(0, 3).filter(({ ms }) => ms < Infinity));
    if (best === null || next.ms < best.ms) best = next;
    else if (next.ms > 1.3 * best.ms) break;
  }
  return shapes.map(({ donors }) =>
    shapeOf(problem, donors, [shortTour(problem, donors, headOnLast)], hostLayers, head),
  );
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
