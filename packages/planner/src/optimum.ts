/** How good a slicing can be: the least time of any on a grid, found by trying all of them, and a bound below all of them where that takes too long. */
import { delayMs, sendMs } from "./costs.ts";
import { advance, emptyProgress, placeMs, type Pipe, type PipePlace } from "./pipe.ts";

/** Only what can no longer win is left out. Not for a host at both ends. `upperMs`: a time that some slicing is known to reach. */
export function exhaustiveSlicesMs(pipe: Pipe, tokens: number, grid: number, upperMs: number): number {
  const positions = Math.ceil(tokens / grid);
  const at = (index: number) => Math.min(tokens, index * grid);
  const reached: Float64Array[][] = Array.from({ length: positions + 1 }, () => []);
  reached[0]!.push(emptyProgress(pipe));
  let bestMs = upperMs;
  // What each place has yet to do, if its rows came in the cheapest chunks: a bound that no slicing goes below.
  const rest = pipe.places.map((place) => cheapestRest(place, positions, at, pipe.mostRows));
  for (let from = 0; from < positions; from++) {
    for (const progress of reached[from]!) {
      for (let to = from + 1; to <= positions; to++) {
        const T = at(to) - at(from);
        if (T > pipe.mostRows) break;
        const next = progress.slice();
        const ms = advance(pipe, next, T, at(from));
        if (to === positions) {
          bestMs = Math.min(bestMs, ms);
          continue;
        }
        const isHopeless = rest.some((ofPlace, place) => next[2 * place + 1]! + ofPlace[to]! >= bestMs);
        if (isHopeless || reached[to]!.some((other) => other.every((value, m) => value <= next[m]!))) continue;
        reached[to] = reached[to]!.filter((other) => !next.every((value, m) => value <= other[m]!));
        reached[to]!.push(next);
      }
    }
  }
  return bestMs;
}

function cheapestRest(
  place: PipePlace,
  positions: number,
  at: (index: number) => number,
  mostRows: number,
): readonly number[] {
  const rest = Array<number>(positions + 1).fill(Infinity);
  rest[positions] = 0;
  for (let from = positions - 1; from >= 0; from--) {
    for (let to = from + 1; to <= positions; to++) {
      const T = at(to) - at(from);
      if (T > mostRows) break;
      rest[from] = Math.min(rest[from]!, rest[to]! + placeMs(place, T, at(from)));
    }
  }
  return rest;
}

/**
 * No slicing on the grid takes less. Any way through (chunk, place) that goes on by one chunk or one place at a time is below the recurrence. For
 * slicings whose longest chunk has C rows: the first chunk goes to place `p`, all chunks up to the longest pass there, that one goes on to place `q`, all
 * further ones pass there, and the last one goes to the end. For each C the best of all (p, q), each for the slicing that makes it least; of all C the least.
 * Exact where all places take the same and links take nothing.
 */
export function slicesBoundMs(pipe: Pipe, tokens: number, grid: number): number {
  const { places, mostRows } = pipe;
  const cuts: Cuts = { positions: Math.ceil(tokens / grid), at: (index) => Math.min(tokens, index * grid), longest: 1 };
  const indices = places.map((_, place) => place);
  let leastMs = Infinity;
  for (let longest = 1; longest <= cuts.positions && cuts.at(longest) <= mostRows; longest++) {
    const before = indices.map((p) => costsBefore(pipe, p, { ...cuts, longest }));
    const after = indices.map((q) => costsAfter(pipe, q, { ...cuts, longest }));
    const ways = indices.flatMap((p) =>
      indices.slice(p).map((q) => leastWayMs(pipe, [p, q], before[p]!, after[q]!, { ...cuts, longest })),
    );
    leastMs = Math.min(leastMs, Math.max(...ways));
  }
  return leastMs;
}

interface Cuts {
  readonly positions: number;
  readonly at: (index: number) => number;
  /** Steps of the longest chunk. */
  readonly longest: number;
}

function leastWayMs(
  pipe: Pipe,
  [p, q]: readonly [number, number],
  before: readonly number[],
  after: readonly number[],
  { positions, at, longest }: Cuts,
): number {
  let leastMs = Infinity;
  for (let from = 0; from + longest <= positions; from++) {
    const [T, S] = [at(from + longest) - at(from), at(from)];
    const own =
      placeMs(pipe.places[p]!, T, S) + (q > p ? acrossMs(pipe, p, q, T, S) + placeMs(pipe.places[q]!, T, S) : 0);
    // It may be the first or the last one itself.
    const start = from === 0 ? leadMs(pipe, p, T) : before[from]!;
    const end = from + longest === positions ? tailMs(pipe, q, T, S) : after[from + longest]!;
    leastMs = Math.min(leastMs, start + own + end);
  }
  return leastMs;
}

/** `[index]`: the least that chunks up to there take at place `p`, the first one's way to it included. */
function costsBefore(pipe: Pipe, p: number, { positions, at, longest }: Cuts): readonly number[] {
  const costs = Array<number>(positions + 1).fill(Infinity);
  for (let to = 1; to <= positions; to++) {
    for (let from = Math.max(0, to - longest); from < to; from++) {
      const T = at(to) - at(from);
      const start = from === 0 ? leadMs(pipe, p, T) : costs[from]!;
      costs[to] = Math.min(costs[to]!, start + placeMs(pipe.places[p]!, T, at(from)));
    }
  }
  return costs;
}

/** `[index]`: the least that chunks from there on take at place `q`, the last one's way to the end included. */
function costsAfter(pipe: Pipe, q: number, { positions, at, longest }: Cuts): readonly number[] {
  const costs = Array<number>(positions + 1).fill(Infinity);
  for (let from = positions - 1; from >= 0; from--) {
    for (let to = from + 1; to <= Math.min(positions, from + longest); to++) {
      const [T, S] = [at(to) - at(from), at(from)];
      const end = to === positions ? tailMs(pipe, q, T, S) : costs[to]!;
      costs[from] = Math.min(costs[from]!, placeMs(pipe.places[q]!, T, S) + end);
    }
  }
  return costs;
}

/** Of the first chunk, from its start to its turn at place `p`. */
function leadMs(pipe: Pipe, p: number, T: number): number {
  const first = pipe.places[0]!;
  return hopMs(pipe, first, T) + (p === 0 ? 0 : placeMs(first, T, 0) + acrossMs(pipe, 0, p, T, 0));
}

/** Of the last chunk, from leaving place `q` to leaving the last one. */
function tailMs(pipe: Pipe, q: number, T: number, S: number): number {
  const last = pipe.places.length - 1;
  return q === last ? 0 : acrossMs(pipe, q, last, T, S) + placeMs(pipe.places[last]!, T, S);
}

/** From leaving place `p` to its turn at place `q`. */
function acrossMs(pipe: Pipe, p: number, q: number, T: number, S: number): number {
  let ms = 0;
  for (let place = p + 1; place <= q; place++) {
    ms += hopMs(pipe, pipe.places[place]!, T) + (place < q ? placeMs(pipe.places[place]!, T, S) : 0);
  }
  return ms;
}

function hopMs({ rowBytes }: Pipe, { link }: PipePlace, T: number): number {
  return link === null ? 0 : sendMs(link, T * rowBytes) + delayMs(link);
}
