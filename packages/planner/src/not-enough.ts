/** Why nothing fits, in numbers and in words for the page, and the smallest things that would help. */
import type { Seat } from "@jupiter/protocol";
import { remediesOf, type Remedy } from "./remedies.ts";
import type { DeviceProfile, HeadSeat, PlanRequest } from "./request.ts";
import { ringOf } from "./ring.ts";
import { cheapestSplit, longestRun, prefixSums, type Load, type Objective, type Storage } from "./split.ts";
import { inWords, memoryMessage, tooManyStages } from "./words.ts";

export interface NotEnough {
  readonly kind: "not-enough";
  /** `stages`: more of them than layers; then no bytes are missing. */
  readonly reason: "memory" | "stages";
  readonly message: string;
  /** The fewest bytes that, added where they are missing, would do. */
  readonly missingBytes: number;
  /** Each device that would hold layers once. */
  readonly devices: readonly DeviceShortage[];
  readonly remedies: readonly Remedy[];
}

export interface DeviceShortage {
  readonly seat: Seat;
  /** Layers in a row that it can hold, at most. */
  readonly layers: number;
  /** Its part of `missingBytes`. */
  readonly missingBytes: number;
}

function shortBytes({ fixedBytes, memoryBytes }: DeviceProfile, { sizeBytes }: Load): number {
  return Math.max(0, fixedBytes + sizeBytes - memoryBytes);
}

const shortage: Objective = { cost: shortBytes, join: (a, b) => a + b };

/** Layers per place that fit, or null. */
export function feasible(
  ring: readonly DeviceProfile[],
  { model }: PlanRequest,
  head: HeadSeat,
): readonly number[] | null {
  const split = cheapestSplit(withHead(ring, head), model, shortage);
  return split?.cost === 0 ? split.counts : null;
}

/** The head's bytes beside the other fixed ones. */
function withHead(ring: readonly DeviceProfile[], head: HeadSeat): readonly DeviceProfile[] {
  const at = head === "host" ? ring.find(({ seat }) => seat === "host") : ring.at(-1);
  if (at === undefined) return ring;
  const loaded = { ...at, fixedBytes: at.fixedBytes + at.headBytes };
  return ring.map((device) => (device === at ? loaded : device));
}

/** For a request that no plan answers: what the donors and the host, in the order that they came, lack; with the head where they lack least. */
export function notEnough(request: PlanRequest): NotEnough {
  return request.placement.head
    .map((head) => notEnoughFor(request, head))
    .reduce((least, other) => (other.missingBytes < least.missingBytes ? other : least));
}

function notEnoughFor(request: PlanRequest, head: HeadSeat): NotEnough {
  const { model } = request;
  const hostAlone = hostShortage(request, head);
  if (hostAlone !== null) return hostAlone;
  const ring = withHead(ringOf(request), head);
  const devices = [...new Set(ring)];
  const holds = new Map(devices.map((device) => [device, mostLayers(device, model)]));
  const split = cheapestSplit(ring, model, shortage);
  if (split === null) {
    return {
      kind: "not-enough",
      reason: "stages",
      message: tooManyStages(ring, devices, model),
      missingBytes: 0,
      devices: devices.map((device) => ({ seat: device.seat, layers: holds.get(device) ?? 0, missingBytes: 0 })),
      remedies: [],
    };
  }
  const loads = loadsOf(ring, split.counts, model);
  const remedies = remediesOf(ring, model, holds, (storage) => cheapestSplit(ring, storage, shortage)?.cost === 0);
  return {
    kind: "not-enough",
    reason: "memory",
    message: memoryMessage(ring, model, holds, split.cost, remedies),
    missingBytes: split.cost,
    devices: devices.map((device) => ({
      seat: device.seat,
      layers: holds.get(device) ?? 0,
      missingBytes: shortBytes(device, loads.get(device) ?? { layers: 0, sizeBytes: 0 }),
    })),
    remedies,
  };
}

/** A host without layers still holds the embedding, and mostly the head. */
export function hostShortage({ devices }: PlanRequest, head: HeadSeat): NotEnough | null {
  const host = devices.find(({ seat }) => seat === "host");
  if (host === undefined) return null;
  const needed = host.fixedBytes + (head === "host" ? host.headBytes : 0);
  const missingBytes = Math.max(0, needed - host.memoryBytes);
  if (missingBytes === 0) return null;
  return {
    kind: "not-enough",
    reason: "memory",
    message:
      `${host.name} is too small: it offers ${inWords(host.memoryBytes)}, and what every host holds of this model takes ` +
      `${inWords(needed)}. Open the room on a device with more memory, or choose a smaller model.`,
    missingBytes,
    devices: [{ seat: "host", layers: 0, missingBytes }],
    remedies: [],
  };
}

function mostLayers(device: DeviceProfile, model: Storage): number {
  return longestRun(prefixSums(device, model), device.memoryBytes - device.fixedBytes);
}

/** Each device's load, both ends of the host together. */
function loadsOf(
  ring: readonly DeviceProfile[],
  counts: readonly number[],
  model: Storage,
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
