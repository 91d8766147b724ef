/**
 * TeraPipe's search (Li et al., 2021): for every possible longest chunk, the least sum of chunks by dynamic programming; the total is the sum plus
 * (stages - 1) times the longest. Chunks are costed on the slowest stage, so for unequal stages the total is too high; what it finds is scored exactly.
 */
import { placeMs, type Pipe, type Slices } from "./pipe.ts";

export function teraPipeSlices(pipe: Pipe, tokens: number, S: number, grid: number): Slices {
  const cuts = cutPoints(tokens, Math.min(grid, pipe.mostRows));
  const n = cuts.length - 1;
  // [from * (n + 1) + to]
  const costs = new Float64Array((n + 1) * (n + 1));
  for (let from = 0; from < n; from++) {
    for (let to = from + 1; to <= n; to++) {
      const [T, cached] = [cuts[to]! - cuts[from]!, S + cuts[from]!];
      if (T > pipe.mostRows) continue;
      costs[from * (n + 1) + to] = Math.max(...pipe.places.map((place) => placeMs(place, T, cached)));
    }
  }
  const limits = [...new Set(costs)].filter((ms) => ms > 0).sort((a, b) => a - b);
  let best: { readonly ms: number; readonly slices: Slices } = { ms: Infinity, slices: [tokens] };
  const sums = new Float64Array(n + 1);
  const cameFrom = new Int32Array(n + 1);
  for (const limit of limits) {
    const waits = (pipe.places.length - 1) * limit;
    if (waits >= best.ms) break;
    for (let to = 1; to <= n; to++) {
      sums[to] = Infinity;
      for (let from = to - 1; from >= 0; from--) {
        const ms = costs[from * (n + 1) + to]!;
        if (ms === 0) break;
        if (ms > limit || sums[from]! + ms >= sums[to]!) continue;
        sums[to] = sums[from]! + ms;
        cameFrom[to] = from;
      }
    }
    if (sums[n]! + waits >= best.ms) continue;
    const slices: number[] = [];
    for (let to = n; to > 0; to = cameFrom[to]!) slices.unshift(cuts[to]! - cuts[cameFrom[to]!]!);
    best = { ms: sums[n]! + waits, slices };
  }
  return best.slices;
}

/** Multiples of `grid`, and the end. */
export function cutPoints(tokens: number, grid: number): readonly number[] {
  const cuts = Array.from({ length: Math.ceil(tokens / grid) }, (_, i) => i * grid);
  return [...cuts, tokens];
}
