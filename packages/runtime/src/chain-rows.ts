import { ROOT, type ArenaId, type RowTable } from "@jupiter/protocol";

/** `T` rows one after the other from slot `base` on, none of them wanted back. */
export function chainRows(arena: ArenaId, base: number, T: number): RowTable {
  return {
    arena,
    base,
    positions: Int32Array.from({ length: T }, (_, i) => base + i),
    parents: Int32Array.from({ length: T }, (_, i) => (base + i === 0 ? ROOT : base + i - 1)),
    wanted: new Uint8Array(T),
  };
}
