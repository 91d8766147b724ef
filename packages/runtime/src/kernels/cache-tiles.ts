/**
 * Rows of the cache in the kernels' tiles: keys float32 `[K, capacity / 4, E, 4]` (four slots side by side), values `[K, E / 4, capacity, 4]`
 * (four components side by side). Capacities are multiples of 8.
 */
import type { ModelShape } from "@jupiter/model";
import type { Slot } from "@jupiter/protocol";

type Heads = Pick<ModelShape, "K" | "E">;

export interface CacheTiles {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** Copies what `from` holds to the front of the larger `to`. */
export function growKeys(from: Float32Array, to: Float32Array, { K }: Heads): void {
  copyPlanes(from, to, K);
}

export function growValues(from: Float32Array, to: Float32Array, { K, E }: Heads): void {
  copyPlanes(from, to, (K * E) / 4);
}

/** Slots `slots` of `from` to `base`, `base + 1`, … of `to`, as if all were read before the first is written. */
export function copySlots(from: CacheTiles, slots: readonly Slot[], to: CacheTiles, base: Slot, { K, E }: Heads): void {
  const [fromHead, toHead] = [from.keys.length / K, to.keys.length / K];
  const rows = new Float32Array(slots.length * E);
  for (let k = 0; k < K; k++) {
    slots.forEach((slot, r) => {
      for (let e = 0; e < E; e++) rows[r * E + e] = from.keys[k * fromHead + keyAt(slot, e, E)] ?? 0;
    });
    slots.forEach((_, r) => {
      for (let e = 0; e < E; e++) to.keys[k * toHead + keyAt(base + r, e, E)] = rows[r * E + e] ?? 0;
    });
    for (let e = 0; e < E; e += 4) {
      const source = k * fromHead + e * (fromHead / E);
      const target = k * toHead + e * (toHead / E);
      slots.forEach((slot, r) => rows.set(from.values.subarray(source + slot * 4, source + slot * 4 + 4), r * 4));
      to.values.set(rows.subarray(0, slots.length * 4), target + base * 4);
    }
  }
}

function keyAt(slot: Slot, e: number, E: number): number {
  return (slot >> 2) * E * 4 + e * 4 + (slot & 3);
}

function copyPlanes(from: Float32Array, to: Float32Array, planes: number): void {
  const [fromPlane, toPlane] = [from.length / planes, to.length / planes];
  for (let i = 0; i < planes; i++) to.set(from.subarray(i * fromPlane, (i + 1) * fromPlane), i * toPlane);
}
