/** What devices took to load their layers: the same is reckoned for layers that move to them. Pure. */
import { layerOf, type Checkpoint } from "@jupiter/model";
import type { PlanRequest } from "@jupiter/planner";
import type { Seat } from "@jupiter/protocol";

export interface SeatLoad {
  readonly seat: Seat;
  /** Of its stage: in the file, and as the device holds it. */
  readonly fileBytes: number;
  readonly heldBytes: number;
  /** What it did not have already, in the file; undefined: it does not tell. */
  readonly loaded?: { readonly bytes: number; readonly ms: number } | undefined;
}

/** The same rates in bytes as each device holds them. `rates`: in the file's. */
export function asHeld(
  rates: ReadonlyMap<Seat, number>,
  { devices }: Pick<PlanRequest, "devices">,
  { tensors }: Pick<Checkpoint, "tensors">,
): ReadonlyMap<Seat, number> {
  const fileBytes = tensors.reduce((sum, { name, sizeBytes }) => sum + (layerOf(name) === null ? 0 : sizeBytes), 0);
  return new Map(
    devices.flatMap(({ seat, layerBytes }) => {
      const rate = rates.get(seat);
      const heldBytes = layerBytes.reduce((sum, size) => sum + size, 0);
      return rate === undefined || fileBytes === 0 ? [] : [[seat, (rate * heldBytes) / fileBytes] as const];
    }),
  );
}

/** Bytes as held, in a millisecond. Devices that loaded nothing this time are what they were `before`. */
export function loadRates(
  loads: readonly SeatLoad[],
  before: ReadonlyMap<Seat, number> = new Map(),
): ReadonlyMap<Seat, number> {
  const rates = new Map(before);
  for (const { seat, fileBytes, heldBytes, loaded } of loads) {
    if (loaded === undefined || loaded.bytes <= 0 || loaded.ms <= 0 || fileBytes <= 0) continue;
    rates.set(seat, (heldBytes * loaded.bytes) / fileBytes / loaded.ms);
  }
  return rates;
}
