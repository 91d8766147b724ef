/**
 * How to cut a prompt: the slicing that ends first by the exact recurrence, of equal chunks, TeraPipe's, and a search over a grid that keeps several
 * states of the ring's machines at every position; the best is then moved row by row.
 */
import { gridSlices } from "./grid-slices.ts";
import { slicesMs, type Pipe, type Slices } from "./pipe.ts";
import { teraPipeSlices } from "./tera-pipe.ts";

/** Cut points that are looked at: more make it slow, and later chunks of a long prompt are long. */
const MOST_CUTS = 64;
const FINEST_GRID = 16;
const MOST_EQUAL = 96;

/** Of `tokens` rows with `S` cached before them. */
export function bestSlices(pipe: Pipe, tokens: number, S = 0, more: readonly Slices[] = []): Slices {
  if (pipe.places.length < 2) return bestOf(pipe, tokens, S, [...equalSlicings(tokens, pipe.mostRows), ...more]);
  const grid = gridOf(tokens);
  return moved(
    pipe,
    S,
    bestOf(pipe, tokens, S, [
      ...equalSlicings(tokens, pipe.mostRows),
      ...more,
      teraPipeSlices(pipe, tokens, S, grid),
      gridSlices(pipe, tokens, S, grid),
    ]),
  );
}

export function gridOf(tokens: number): number {
  return FINEST_GRID * Math.max(1, Math.ceil(tokens / (FINEST_GRID * MOST_CUTS)));
}

/** Every number of equal chunks that is sensible. */
export function equalSlicings(tokens: number, mostRows: number): readonly Slices[] {
  const least = Math.ceil(tokens / mostRows);
  const most = Math.max(least, Math.min(tokens, MOST_EQUAL));
  return Array.from({ length: most - least + 1 }, (_, i) => equalChunks(tokens, least + i));
}

function equalChunks(tokens: number, count: number): Slices {
  let left = tokens;
  return Array.from({ length: count }, (_, i) => {
    const T = Math.ceil(left / (count - i));
    left -= T;
    return T;
  });
}

/** The first of the least, of those that are slicings of so many tokens and have no chunk above the limit. */
export function bestOf(pipe: Pipe, tokens: number, S: number, candidates: readonly Slices[]): Slices {
  let [best, bestMs]: [Slices, number] = [[], Infinity];
  for (const slices of candidates) {
    const isWhole = slices.reduce((sum, T) => sum + T, 0) === tokens;
    if (!isWhole || slices.some((T) => T > pipe.mostRows)) continue;
    const ms = slicesMs(pipe, slices, S);
    if (ms < bestMs) [best, bestMs] = [slices, ms];
  }
  return best;
}

/** Downhill: rows from one chunk to the next one or the one before. */
export function moved(pipe: Pipe, S: number, start: Slices): Slices {
  let [best, bestMs] = [start, slicesMs(pipe, start, S)];
  for (let step = 16; step >= 1; step >>= 1) {
    for (let cut = 0; cut + 1 < best.length; cut++) {
      for (const rows of [step, -step]) {
        const [a, b] = [best[cut]! + rows, best[cut + 1]! - rows];
        if (Math.min(a, b) < 1 || Math.max(a, b) > pipe.mostRows) continue;
        const slices = [...best.slice(0, cut), a, b, ...best.slice(cut + 2)];
        const ms = slicesMs(pipe, slices, S);
        if (ms < bestMs) [best, bestMs] = [slices, ms];
      }
    }
  }
  return best;
}
