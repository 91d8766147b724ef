/** Downhill from a candidate by the exact recurrence: layers move between places, devices change places or sides. */
import type { Problem } from "./problem.ts";
import { isClosed, scoreOf, type Candidate } from "./score.ts";
import type { Found } from "./search.ts";

/** Places that the recurrence may walk through for one search: half a second. */
const MOST_PLACES = 60_000;
/** A host at both ends takes turns with itself: every slicing is tried, where elsewhere few are. */
const CLOSED_COSTS = 4;

/** Of several, each as far down as its share of the work leads. The best of all; null for none. */
export function improve(problem: Problem, finalists: readonly Found[]): Found | null {
  let best: Found | null = null;
  for (const found of finalists) {
    const better = downhill(problem, found, MOST_PLACES / finalists.length);
    if (best === null || better.ms < best.ms) best = better;
  }
  return best;
}

function downhill(problem: Problem, found: Found, mostPlaces: number): Found {
  const { order } = found.candidate;
  const cost = order.length * (isClosed(order) ? CLOSED_COSTS : 1);
  let best = found;
  let places = 0;
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (const candidate of neighbours(best.candidate)) {
      places += cost;
      if (places > mostPlaces) return best;
      const ms = scoreOf(problem, candidate, "likely");
      if (ms < best.ms * (1 - 1e-9)) [best, isBetter] = [{ ...best, candidate, ms }, true];
    }
  }
  return best;
}

function* neighbours(candidate: Candidate): Generator<Candidate> {
  const { order, counts } = candidate;
  for (let from = 0; from < order.length; from++) {
    for (let to = 0; to < order.length; to++) {
      if (from === to) continue;
      for (const layers of [1, 2, 4]) {
        if (counts[from]! <= layers) break;
        yield {
          ...candidate,
          counts: counts.map((count, i) => (i === from ? count - layers : i === to ? count + layers : count)),
        };
      }
    }
  }
  // The host stays at its ends.
  const free = order.flatMap((device, place) => (device === 0 ? [] : [place]));
  for (const [i, a] of free.entries()) {
    for (const b of free.slice(i + 1)) {
      yield { ...candidate, order: swapped(order, a, b), counts: swapped(counts, a, b) };
      yield { ...candidate, order: swapped(order, a, b) };
      yield { ...candidate, counts: swapped(counts, a, b) };
    }
  }
}

function swapped(values: readonly number[], a: number, b: number): readonly number[] {
  const copy = [...values];
  [copy[a], copy[b]] = [values[b]!, values[a]!];
  return copy;
}
