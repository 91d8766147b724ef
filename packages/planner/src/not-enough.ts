/** Why no split fits, in numbers and in words for the page. */
import type { Seat } from "@jupiter/protocol";
import type { DeviceProfile, ModelNeeds } from "./request.ts";
import { cheapestSplit, prefixSums, type Load, type Objective } from "./split.ts";

export interface NotEnough {
  readonly kind: "not-enough";
  /** `stages`: more of them than layers; then no bytes are missing. */
  readonly reason: "memory" | "stages";
  readonly message: string;
  /** The fewest bytes that, added where they are missing, would do. */
  readonly missingBytes: number;
  /** Each device of the ring once. */
  readonly devices: readonly DeviceShortage[];
}

export interface DeviceShortage {
  readonly seat: Seat;
  /** Layers in a row that it can hold, at most. */
  readonly layers: number;
  /** Its part of `missingBytes`. */
  readonly missingBytes: number;
}

export function neededBytes({ fixedBytes }: DeviceProfile, { sizeBytes }: Load): number {
  return fixedBytes + sizeBytes;
}

const shortage: Objective = {
  cost: (device, load) => Math.max(0, neededBytes(device, load) - device.memoryBytes),
  join: (a, b) => a + b,
};

/** For a ring with no split that fits. */
export function notEnough(ring: readonly DeviceProfile[], model: ModelNeeds): NotEnough {
  const devices = [...new Set(ring)];
  const holds = new Map(devices.map((device) => [device, longestRun(device, model)]));
  const split = cheapestSplit(ring, model, shortage);
  if (split === null) {
    return {
      kind: "not-enough",
      reason: "stages",
      message: tooManyStages(ring, devices, model),
      missingBytes: 0,
      devices: devices.map((device) => ({ seat: device.seat, layers: holds.get(device) ?? 0, missingBytes: 0 })),
    };
  }
  const loads = loadsOf(ring, split.counts, model);
  return {
    kind: "not-enough",
    reason: "memory",
    message: memoryMessage(ring, model, holds, split.cost),
    missingBytes: split.cost,
    devices: devices.map((device) => ({
      seat: device.seat,
      layers: holds.get(device) ?? 0,
      missingBytes: shortage.cost(device, loads.get(device) ?? { layers: 0, sizeBytes: 0 }),
    })),
  };
}

/** Each device's load, both ends of the host together. */
export function loadsOf(
  ring: readonly DeviceProfile[],
  counts: readonly number[],
  model: ModelNeeds,
): ReadonlyMap<DeviceProfile, Load> {
  const loads = new Map<DeviceProfile, Load>();
  let first = 0;
  ring.forEach((device, i) => {
    const layers = counts[i] ?? 0;
    const sums = prefixSums(device, model);
    const sizeBytes = (sums[first + layers] ?? 0) - (sums[first] ?? 0);
    const before = loads.get(device) ?? { layers: 0, sizeBytes: 0 };
    loads.set(device, { layers: before.layers + layers, sizeBytes: before.sizeBytes + sizeBytes });
    first += layers;
  });
  return loads;
}

function longestRun(device: DeviceProfile, model: ModelNeeds): number {
  const sums = prefixSums(device, model);
  let longest = 0;
  let first = 0;
  for (let end = 1; end <= model.L; end++) {
    const over = () => device.fixedBytes + (sums[end] ?? 0) - (sums[first] ?? 0) > device.memoryBytes;
    while (first < end && over()) first++;
    longest = Math.max(longest, end - first);
  }
  return longest;
}

function tooManyStages(ring: readonly DeviceProfile[], devices: readonly DeviceProfile[], { L }: ModelNeeds): string {
  const cure =
    ring.length - L === 1 && devices.length < ring.length
      ? "Let the host hold one end only, or leave a device out."
      : `Leave ${ring.length - L === 1 ? "a device" : `${ring.length - L} devices`} out.`;
  return `The model has ${L} layers, and the ring has ${ring.length} stages; each needs at least one layer. ${cure}`;
}

function memoryMessage(
  ring: readonly DeviceProfile[],
  model: ModelNeeds,
  holds: ReadonlyMap<DeviceProfile, number>,
  missingBytes: number,
): string {
  const fitsWithoutCache = cheapestSplit(ring, { ...model, kvBytes: 0 }, shortage)?.cost === 0;
  const orContext = model.kvBytes > 0 && fitsWithoutCache ? ", or a smaller context" : "";
  const placesOf = (device: DeviceProfile) => ring.filter((other) => other === device).length;
  const [tooSmall] = [...holds].find(([device, layers]) => layers < placesOf(device)) ?? [];
  if (tooSmall !== undefined) {
    const layers = placesOf(tooSmall);
    const leastBytes = tooSmall.fixedBytes + layers * (model.kvBytes + Math.min(...tooSmall.layerBytes));
    return (
      `${tooSmall.name} is too small: it offers ${inWords(tooSmall.memoryBytes)}, and ` +
      `${layers === 1 ? "even one layer takes" : `${layers} layers take`} ${inWords(leastBytes)}. Leave it out, or give it more memory${orContext}.`
    );
  }
  const held = [...holds.values()].reduce((a, b) => a + b, 0);
  const missing = `about ${inWords(missingBytes)} are missing`;
  // Layers of different sizes: enough room in all, but not where the ring's order needs it.
  if (held >= model.L)
    return `The layers do not fit these devices in this order; ${missing}: another order, one more device${orContext}.`;
  return `The devices can hold ${held} of ${model.L} layers; ${missing}: ${moreDevices(holds, model.L - held)}${orContext}.`;
}

/** One more of the smallest kind that would do alone, else several of the largest. */
function moreDevices(holds: ReadonlyMap<DeviceProfile, number>, missingLayers: number): string {
  const bySize = [...holds].sort(([, a], [, b]) => a - b);
  const [one] = bySize.find(([, layers]) => layers >= missingLayers) ?? [];
  if (one !== undefined) return `one more device like ${one.name}`;
  const [largest, layers] = bySize.at(-1) ?? [];
  return `${Math.ceil(missingLayers / (layers ?? 1))} more devices like ${largest?.name ?? "these"}`;
}

/** Rounded up, in decimal units. */
function inWords(sizeBytes: number): string {
  return sizeBytes < 1e9 ? `${Math.ceil(sizeBytes / 1e6)} MB` : `${(Math.ceil(sizeBytes / 1e8) / 10).toFixed(1)} GB`;
}
