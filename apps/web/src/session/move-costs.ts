/** What devices took to load their layers: the same is reckoned for layers that move to them. Pure. */
import type { Seat } from "@jupiter/protocol";

export interface SeatLoad {
  readonly seat: Seat;
  /** Of its stage: in the file, and as the device holds it. */
  readonly fileBytes: number;
  readonly heldBytes: number;
  /** What it did not have already, in the file; undefined: it does not tell. */
  readonly loaded?: { readonly bytes: number; readonly ms: number } | undefined;
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
