import type { Checkpoint } from "@jupiter/model";
import type { Backend, Seat } from "@jupiter/protocol";
import type { Place } from "./host-session.ts";

export type HostLayers = "none" | "first" | "last" | "both" | "all";

export interface PlaceOptions {
  readonly checkpoint: Checkpoint;
  readonly hostLayers: HostLayers;
  readonly capacity: number;
  readonly layers?: readonly number[];
  readonly devices: readonly {
    readonly seat: Seat;
    readonly layerMs: number;
    readonly memoryBytes: number;
    readonly backend: Backend;
  }[];
}

export function placeLayers({ checkpoint, hostLayers, layers, devices }: PlaceOptions): readonly Place[] {
  const donors = devices.map(({ seat }) => seat).filter((seat) => seat !== "host");
  const before = hostLayers === "first" || hostLayers === "both" || hostLayers === "all" ? ["host" as const] : [];
  const after = hostLayers === "last" || hostLayers === "both" ? ["host" as const] : [];
  const seats = [...before, ...donors, ...after];
  const { L } = checkpoint.shape;
  const counts =
    layers ?? seats.map((_, i) => Math.floor(((i + 1) * L) / seats.length) - Math.floor((i * L) / seats.length));
  let first = 0;
  return seats.map((seat, i) => {
    const end = first + (counts[i] ?? 0);
    const place = { seat, layers: { first, end } };
    first = end;
    return place;
  });
}
