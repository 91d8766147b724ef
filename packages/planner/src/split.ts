/** The cheapest cut of L layers into one contiguous share per place of a ring, by dynamic programming. Exact and deterministic. */
import type { DeviceProfile } from "./request.ts";

/** What layers take, if weights were of a share of their size. */
export interface Storage {
  readonly L: number;
  readonly kvBytes: number;
  readonly weightShare?: number;
}

/** What a device holds: layers, and the bytes of their weights and cache. */
export interface Load {
  readonly layers: number;
  readonly sizeBytes: number;
}

export interface Objective {
  /** Cost of a device's whole load, at least 0; Infinity: it may not have it. */
  readonly cost: (device: DeviceProfile, load: Load) => number;
  /** Costs of two parts of the ring as one; grows with both. */
  readonly join: (a: number, b: number) => number;
}

export interface Split {
  readonly cost: number;
  /** Layers per place of the ring, each at least 1. */
  readonly counts: readonly number[];
}

/** Cost of the best cut of layers `start … end` over a chain of devices, for every `end`. */
interface Chain {
  costTo(end: number): number;
  countsTo(end: number): number[];
}

/**
 * A device at both ends of the ring is charged once, for the sum of its two shares; elsewhere a device stands once. Null: every cut costs
 * Infinity, or there are fewer layers than places. O(L² places), with a device at both ends O(L³ places).
 */
export function cheapestSplit(ring: readonly DeviceProfile[], model: Storage, { cost, join }: Objective): Split | null {
  const { L } = model;
  const first = ring[0];
  const weights = new Map(ring.map((device) => [device, prefixSums(device, model)]));
  const bytes = (device: DeviceProfile, from: number, to: number) =>
    (weights.get(device)?.[to] ?? 0) - (weights.get(device)?.[from] ?? 0);
  const costOf = (device: DeviceProfile, from: number, to: number) =>
    cost(device, { layers: to - from, sizeBytes: bytes(device, from, to) });

  if (first === undefined || ring.length > L) return null;
  if (ring.length === 1 || first !== ring.at(-1)) {
    const chain = bestChain(ring, 0, L, costOf, join);
    return chain.costTo(L) === Infinity ? null : { cost: chain.costTo(L), counts: chain.countsTo(L) };
  }
  let best: Split | null = null;
  const between = ring.slice(1, -1);
  for (let head = 1; head <= L - ring.length + 1; head++) {
    const chain = bestChain(between, head, L - 1, costOf, join);
    for (let end = head + between.length; end < L; end++) {
      const load = { layers: head + L - end, sizeBytes: bytes(first, 0, head) + bytes(first, end, L) };
      const total = join(cost(first, load), chain.costTo(end));
      if (total < (best?.cost ?? Infinity)) best = { cost: total, counts: [head, ...chain.countsTo(end), L - end] };
    }
  }
  return best;
}

function bestChain(
  devices: readonly DeviceProfile[],
  start: number,
  end: number,
  cost: (device: DeviceProfile, from: number, to: number) => number,
  join: Objective["join"],
): Chain {
  // costs[n][y]: layers start … y on the first n devices; cuts[n][y]: where the n-th one's share begins.
  const costs = Array.from({ length: devices.length + 1 }, () => new Float64Array(end + 1).fill(Infinity));
  const cuts = Array.from({ length: devices.length + 1 }, () => new Int32Array(end + 1));
  costs[0]![start] = 0;
  devices.forEach((device, n) => {
    const [before, after, cut] = [costs[n]!, costs[n + 1]!, cuts[n + 1]!];
    for (let y = start + n + 1; y <= end; y++) {
      for (let x = start + n; x < y; x++) {
        if (before[x] === Infinity) continue;
        const total = join(before[x]!, cost(device, x, y));
        if (total >= after[y]!) continue;
        after[y] = total;
        cut[y] = x;
      }
    }
  });
  return {
    costTo: (y) => costs[devices.length]![y]!,
    countsTo(y) {
      const counts: number[] = [];
      for (let n = devices.length; n > 0; n--) {
        const x = cuts[n]![y]!;
        counts.unshift(y - x);
        y = x;
      }
      return counts;
    },
  };
}

/** `[L + 1]`: bytes of the layers below each one, cache included. */
export function prefixSums({ layerBytes }: DeviceProfile, { kvBytes, weightShare = 1 }: Storage): Float64Array {
  const sums = new Float64Array(layerBytes.length + 1);
  layerBytes.forEach((sizeBytes, i) => (sums[i + 1] = sums[i]! + weightShare * sizeBytes + kvBytes));
  return sums;
}

/** Layers in a row that fit into `roomBytes`, at most; `sums` as `prefixSums` gives them. */
export function longestRun(sums: Float64Array, roomBytes: number): number {
  let [longest, first] = [0, 0];
  for (let end = 1; end < sums.length; end++) {
    while (first < end && sums[end]! - sums[first]! > roomBytes) first++;
    longest = Math.max(longest, end - first);
  }
  return longest;
}
