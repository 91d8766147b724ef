/** Downhill from a candidate by the exact recurrence: layers move between places, devices change places or sides. */
import type { Problem } from "./problem.ts";
import { scoreOf, type Candidate } from "./score.ts";
import type { Found } from "./search.ts";

/** So that the search ends in time however many layers there are. */
const MOST_ROUNDS = 40;

export function improve(problem: Problem, found: Found): Found {
  let best = found;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = best.ms;
    for (const candidate of neighbours(best.candidate)) {
      const ms = scoreOf(problem, candidate, "likely");
      if (ms < best.ms * (1 - 1e-9)) best = { ...best, candidate, ms };
    }
    if (best.ms >= before) return best;
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
