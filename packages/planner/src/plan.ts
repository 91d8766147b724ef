/**
 * Which layers go where: Jupiter's layer partition, min max over contiguous ranges under memory limits. All devices take part, in the order
 * that they were given.
 */
import type { Seat } from "@jupiter/protocol";
import { loadsOf, neededBytes, notEnough, type NotEnough } from "./not-enough.ts";
import type { DeviceProfile, ModelNeeds, PlanRequest } from "./request.ts";
import { checkedCounts, ringOf } from "./ring.ts";
import { cheapestSplit, prefixSums } from "./split.ts";

export interface Plan {
  readonly kind: "plan";
  /** In ring order. */
  readonly stages: readonly PlannedStage[];
  /** Longest time that one device works on a frame, the host's two ends together: what a full pipeline waits for. */
  readonly maxMs: number;
  /** Time of all layers one after the other: what one decoded token waits for, links aside. */
  readonly sumMs: number;
}

export interface PlannedStage {
  readonly seat: Seat;
  /** Decoder layers `first` (inclusive) to `end` (exclusive). */
  readonly layers: { readonly first: number; readonly end: number };
  readonly ms: number;
  /** Weights and cache; a device's fixed bytes count with its first stage. */
  readonly memoryBytes: number;
}

/** The smallest `maxMs` that memory allows, of those the smallest `sumMs`. Throws `PlannerError` for a request that makes no sense. */
export function plan(request: PlanRequest): Plan | NotEnough {
  const { model, placement } = request;
  const ring = ringOf(request);
  const counts =
    placement.layers === undefined ? bestCounts(ring, model) : checkedCounts(placement.layers, ring, model.L);
  return counts === null ? notEnough(ring, model) : planOf(ring, counts, model);
}

function bestCounts(ring: readonly DeviceProfile[], model: ModelNeeds): readonly number[] | null {
  const ms = (device: DeviceProfile, load: { readonly layers: number; readonly sizeBytes: number }) =>
    neededBytes(device, load) <= device.memoryBytes ? device.layerMs * load.layers : Infinity;
  const fastest = cheapestSplit(ring, model, { cost: ms, join: Math.max });
  if (fastest === null) return null;
  // A second pass, as the least sum of a part of the ring is not always found among its least maxima.
  const limitMs = fastest.cost;
  // Far below any measured difference: among splits of equal sum, the most even one.
  const evenMs = (1e-9 * limitMs) / model.L ** 2;
  const least = cheapestSplit(ring, model, {
    cost(device, load) {
      const stageMs = ms(device, load);
      return stageMs <= limitMs ? stageMs + evenMs * load.layers ** 2 : Infinity;
    },
    join: (a, b) => a + b,
  });
  return least?.counts ?? fastest.counts;
}

function planOf(ring: readonly DeviceProfile[], counts: readonly number[], model: ModelNeeds): Plan {
  let first = 0;
  const stages = ring.map((device, i): PlannedStage => {
    const end = first + (counts[i] ?? 0);
    const sums = prefixSums(device, model);
    const fixedBytes = ring.indexOf(device) === i ? device.fixedBytes : 0;
    const stage = {
      seat: device.seat,
      layers: { first, end },
      ms: device.layerMs * (end - first),
      memoryBytes: fixedBytes + (sums[end] ?? 0) - (sums[first] ?? 0),
    };
    first = end;
    return stage;
  });
  const loads = [...loadsOf(ring, counts, model)];
  return {
    kind: "plan",
    stages,
    maxMs: Math.max(...loads.map(([device, { layers }]) => device.layerMs * layers)),
    sumMs: stages.reduce((sum, { ms }) => sum + ms, 0),
  };
}
