/** The ring as a circle of devices, one seat each, this one on top. Before there is a ring: who would be in it. Pure. */
import type { Seat } from "@jupiter/protocol";
import type { Device } from "../session/donor-proxy.ts";
import type { Place } from "../session/ring.ts";
import { texts } from "../texts/index.ts";
import type { Pulse } from "./pulse.ts";
import type { RingView } from "./ring-view.ts";

export interface RingSeat {
  readonly key: string;
  readonly name: string;
  readonly kind: "host" | "phone" | "computer";
  readonly tone: "waiting" | "loading" | "ready" | "serving" | "failed";
  /** 0 to 1: its share of the layers, or of what it has to load; null: neither yet. */
  readonly share: number | null;
  /** Under its name. */
  readonly lines: readonly string[];
  /** For one token, on its way out of the host and, of the host alone, on its way in. 0: not measured. */
  readonly outMs: number;
  readonly inMs: number;
}

export interface RingSeatsOptions {
  readonly view: RingView;
  readonly devices: readonly Device[];
  /** Donors of the next ring. */
  readonly chosen: readonly string[];
  readonly pulse: Pulse;
}

export function ringSeats({ view, devices, chosen, pulse }: RingSeatsOptions): readonly RingSeat[] {
  if (view.kind !== "ready") {
    const present = devices.filter(({ peer }) => chosen.includes(peer));
    return [hostWaiting(view), ...present.map(donorWaiting)];
  }
  const { places, checkpoint, head } = view.ring;
  const { L } = checkpoint.shape;
  const firstDonor = places.findIndex(({ seat }) => seat !== "host");
  const msOf = (wanted: (index: number) => boolean) =>
    places.reduce((sum, { seat }, i) => sum + (seat === "host" && wanted(i) ? (pulse.stageMs[i] ?? 0) : 0), 0);
  const own = places.filter(({ seat }) => seat === "host");
  const outMs = msOf((index) => firstDonor < 0 || index < firstDonor);
  const inMs = msOf((index) => firstDonor >= 0 && index > firstDonor) + (head === "host" ? pulse.headMs : 0);
  const host: RingSeat = {
    key: "host",
    name: texts.devices.thisDevice,
    kind: "host",
    tone: "serving",
    share: layersOf(own) / L,
    lines: [own.length === 0 ? wordsOf(head) : partOf(own), ...timeOf(outMs + inMs)],
    outMs,
    inMs,
  };
  const donors = places.flatMap((place, i): RingSeat[] => {
    if (place.seat === "host") return [];
    const device = devices.find(({ peer }) => peer === place.seat);
    const ms = (pulse.stageMs[i] ?? 0) + (place.seat === head ? pulse.headMs : 0);
    return [
      {
        key: place.seat,
        name: device?.name ?? texts.devices.someDevice,
        kind: kindOf(device),
        tone: "serving",
        share: layersOf([place]) / L,
        lines: [partOf([place]), ...timeOf(ms)],
        outMs: ms,
        inMs: 0,
      },
    ];
  });
  return [host, ...donors];
}

/** Milliseconds that a seat's device takes for one token; 0: not measured. By seat, as in `Place`. */
export function msBySeat(places: readonly Place[], { stageMs }: Pulse): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  places.forEach(({ seat }, i) => sums.set(seat, (sums.get(seat) ?? 0) + (stageMs[i] ?? 0)));
  return sums;
}

export function layersOf(places: readonly Pick<Place, "layers">[]): number {
  return places.reduce((sum, { layers: { first, end } }) => sum + end - first, 0);
}

function wordsOf(head: Seat): string {
  return head === "host" ? texts.devices.words : texts.devices.wordsIn;
}

function hostWaiting(view: RingView): RingSeat {
  const tone = view.kind === "starting" ? "loading" : "waiting";
  return {
    key: "host",
    name: texts.devices.thisDevice,
    kind: "host",
    tone,
    share: null,
    lines: [texts.devices.words],
    outMs: 0,
    inMs: 0,
  };
}

function donorWaiting(device: Device): RingSeat {
  const { peer, name, state, memoryPledgeBytes } = device;
  const isLoading = state.kind === "loading" && state.totalBytes > 1;
  const share = isLoading ? Math.min(1, state.loadedBytes / state.totalBytes) : null;
  const tone =
    state.kind === "connecting" || state.kind === "idle" || state.kind === "serving" ? "waiting" : state.kind;
  const lines = tone === "waiting" && memoryPledgeBytes > 0 ? [texts.units.bytes(memoryPledgeBytes)] : [];
  return { key: peer, name, kind: kindOf(device), tone, share, lines, outMs: 0, inMs: 0 };
}

function kindOf(device: Device | undefined): "phone" | "computer" {
  return /iPhone|iPad|Android|Mobile/.test(device?.userAgent ?? "") ? "phone" : "computer";
}

function partOf(places: readonly Place[]): string {
  return texts.units.layers(layersOf(places));
}

function timeOf(ms: number): readonly string[] {
  return ms > 0 ? [texts.units.milliseconds(ms)] : [];
}
