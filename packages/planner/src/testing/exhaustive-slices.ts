/** For tests: the least time of any slicing on a grid, by trying all of them; only what can no longer win is left out. */
import { advance, emptyProgress, placeMs, type Pipe, type Slices } from "../pipe.ts";

interface Reached {
  readonly progress: Float64Array;
  readonly slices: Slices;
}

/** `upperMs`: a time that some slicing is known to reach. */
export function exhaustiveSlicesMs(pipe: Pipe, tokens: number, grid: number, upperMs: number): number {
  const positions = Math.ceil(tokens / grid);
  const at = (index: number) => Math.min(tokens, index * grid);
  const reached: Reached[][] = Array.from({ length: positions + 1 }, () => []);
  reached[0]!.push({ progress: emptyProgress(pipe), slices: [] });
  let bestMs = upperMs;
  // What each place has yet to do, if its rows came in the cheapest chunks: a bound that no slicing goes below.
  const rest = pipe.places.map((place) => cheapestRest(place, positions, at, pipe.mostRows));
  for (let from = 0; from < positions; from++) {
    for (const { progress, slices } of reached[from]!) {
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
        if (isHopeless || reached[to]!.some((other) => other.progress.every((value, m) => value <= next[m]!))) continue;
        reached[to] = reached[to]!.filter((other) => !next.every((value, m) => value <= other.progress[m]!));
        reached[to]!.push({ progress: next, slices: [...slices, T] });
      }
    }
  }
  return bestMs;
}

function cheapestRest(
  place: Pipe["places"][number],
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
