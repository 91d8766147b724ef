/**
 * In which order a frame visits devices: tours that begin and end at the host, cheapest hops first. A tour costs the same whoever holds how much, so
 * it is found apart from the split.
 */
import type { Problem } from "./problem.ts";
import type { Ways } from "./relax.ts";

export interface Tour {
  /** Indices of donors. */
  readonly order: readonly number[];
  readonly ms: number;
}

/** The least of each over some tours; with the head on the last device its scores come back instead of a row. */
export function waysOf({ hops, work }: Problem, tours: readonly Tour[], headOnLast: boolean): Ways {
  let ways: Ways = { lapMs: Infinity, delayMs: Infinity, rowMs: Infinity, mostRowMs: Infinity };
  for (const { order } of tours) {
    let [delayMs, rowMs, mostRowMs, from] = [0, 0, 0, 0];
    for (const at of order) {
      const hop = hops[from]![at]!;
      delayMs += hop.delayMs;
      rowMs += hop.rowMs;
      mostRowMs = Math.max(mostRowMs, hop.rowMs);
      from = at;
    }
    const back = hops[from]![0]!;
    delayMs += back.delayMs;
    ways = {
      lapMs: Math.min(ways.lapMs, delayMs + work.rows * (rowMs + (headOnLast ? back.scoreMs : back.rowMs))),
      delayMs: Math.min(ways.delayMs, delayMs),
      rowMs: Math.min(ways.rowMs, rowMs),
      mostRowMs: Math.min(ways.mostRowMs, mostRowMs),
    };
  }
  return ways;
}

/** Of a hop in the objective: its share of every lap, and of a prompt's way; of the way back from the head, where the last device has it, the head's too. */
function hopMs(
  { devices, hops, work, request }: Problem,
  [from, to]: readonly [number, number],
  headOnLast: boolean,
): number {
  const isScored = headOnLast && to === 0 && from !== 0;
  const { delayMs, rowMs: unscoredMs, scoreMs } = hops[from]![to]!;
  const rowMs = isScored ? scoreMs : unscoredMs;
  const { headLapMs, headOneMs } = devices[from]!;
  const headMs = isScored ? work.laps * headLapMs + (work.prompts === 0 ? 0 : headOneMs) : 0;
  const lap = headMs + work.laps * (delayMs + work.rows * rowMs);
  // Chunks overlap; one of a handful is on the critical path.
  const rows =
    work.prompts === 0 ? 0 : to === 0 ? 1 : request.workload.promptTokens / Math.min(8, work.slicings.length);
  return lap + (work.prompts === 0 ? 0 : delayMs + rows * rowMs);
}

/** The cheapest tours over every subset of `donors`, by bits of positions in it; dynamic programming over (subset, last) with `keep` paths each. */
export function toursBySubset(
  problem: Problem,
  donors: readonly number[],
  keep: number,
  headOnLast: boolean,
): readonly (readonly Tour[])[] {
  const n = donors.length;
  const paths: Tour[][][] = Array.from({ length: 1 << n }, () => Array.from({ length: n }, () => []));
  const tours: Tour[][] = Array.from({ length: 1 << n }, () => []);
  for (let set = 1; set < 1 << n; set++) {
    for (let last = 0; last < n; last++) {
      if ((set & (1 << last)) === 0) continue;
      const before = set & ~(1 << last);
      const at = donors[last]!;
      const found: Tour[] = [];
      if (before === 0) found.push({ order: [at], ms: hopMs(problem, [0, at], headOnLast) });
      for (let previous = 0; previous < n; previous++) {
        for (const { order, ms } of paths[before]![previous]!)
          found.push({ order: [...order, at], ms: ms + hopMs(problem, [donors[previous]!, at], headOnLast) });
      }
      paths[set]![last] = cheapest(found, keep);
      for (const { order, ms } of paths[set]![last]!)
        tours[set]!.push({ order, ms: ms + hopMs(problem, [at, 0], headOnLast) });
    }
    tours[set] = cheapest(tours[set]!, keep);
  }
  return tours;
}

/** Every device goes where it lengthens the tour least, the farthest ones first; then devices move while that shortens it. */
export function shortTour(problem: Problem, donors: readonly number[], headOnLast: boolean): Tour {
  let order: number[] = [];
  const byDistance = [...donors].sort(
    (a, b) =>
      hopMs(problem, [0, b], headOnLast) +
      hopMs(problem, [b, 0], headOnLast) -
      hopMs(problem, [0, a], headOnLast) -
      hopMs(problem, [a, 0], headOnLast),
  );
  for (const donor of byDistance) order = cheapestInsertion(problem, order, donor, headOnLast);
  let ms = tourMs(problem, order, headOnLast);
  for (let isShorter = true; isShorter;) {
    isShorter = false;
    for (const donor of order) {
      const moved = cheapestInsertion(
        problem,
        order.filter((other) => other !== donor),
        donor,
        headOnLast,
      );
      const movedMs = tourMs(problem, moved, headOnLast);
      if (movedMs >= ms * (1 - 1e-9)) continue;
      [order, ms, isShorter] = [moved, movedMs, true];
      break;
    }
  }
  return { order, ms };
}

function tourMs(problem: Problem, order: readonly number[], headOnLast: boolean): number {
  let [ms, from] = [0, 0];
  for (const at of order) {
    ms += hopMs(problem, [from, at], headOnLast);
    from = at;
  }
  return ms + hopMs(problem, [from, 0], headOnLast);
}

export function cheapestInsertion(
  problem: Problem,
  order: readonly number[],
  donor: number,
  headOnLast: boolean,
): number[] {
  let [best, where] = [Infinity, 0];
  for (let i = 0; i <= order.length; i++) {
    const [before, after] = [order[i - 1] ?? 0, order[i] ?? 0];
    const ms =
      hopMs(problem, [before, donor], headOnLast) +
      hopMs(problem, [donor, after], headOnLast) -
      hopMs(problem, [before, after], headOnLast);
    if (ms < best) [best, where] = [ms, i];
  }
  return [...order.slice(0, where), donor, ...order.slice(where)];
}

function cheapest(tours: Tour[], keep: number): Tour[] {
  return tours.sort((a, b) => a.ms - b.ms || inOrder(a.order, b.order)).slice(0, keep);
}

/** Of tours alike, the one in which devices stand as they came. */
function inOrder(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((device, place) => device !== b[place]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
