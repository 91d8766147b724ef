import type { RowTable } from "./frame-types.ts";
import { ROOT } from "./frame-types.ts";
import type { SlotList } from "./slots.ts";

/** Hides a slot from a row. Large enough for softmax to give 0, small enough to be finite in f16. */
export const HIDDEN_BIAS = -1e4;

/**
 * The attention bias of a frame whose rows have just been appended to `list`.
 *
 * `out` float32 `[T, total]` row-major, `total = list.length`: 0 where row `i` sees slot `j` (itself and its ancestors), `HIDDEN_BIAS`
 * elsewhere. Every cell is written. A row whose parent (or whose sibling) is in the frame copies that row; others fill run by run.
 */
export function fillBias(list: SlotList, rows: RowTable, out: Float32Array): void {
  const { base, parents } = rows;
  const T = parents.length;
  const total = list.length;
  if (base + T !== total || out.length < T * total) {
    throw new RangeError(
      `append the frame's ${T} rows at ${base} first and give ${T * total} values; list ends at ${total}, got ${out.length}`,
    );
  }
  let siblingParent = ROOT;
  let siblingRow = -1;
  for (let i = 0; i < T; i++) {
    const start = i * total;
    const parent = parents[i] ?? ROOT;
    if (parent >= base) {
      const from = (parent - base) * total;
      out.copyWithin(start, from, from + total);
    } else if (siblingRow >= 0 && parent === siblingParent) {
      const from = siblingRow * total;
      out.copyWithin(start, from, from + total);
      out[start + base + siblingRow] = HIDDEN_BIAS;
    } else {
      out.fill(HIDDEN_BIAS, start, start + total);
      for (let slot = parent; slot !== ROOT;) {
        const runStart = list.runStartAt(slot);
        out.fill(0, start + runStart, start + slot + 1);
        slot = list.parentAt(runStart);
      }
      siblingParent = parent;
      siblingRow = i;
    }
    out[start + base + i] = 0;
  }
}
