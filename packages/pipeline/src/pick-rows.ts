import type { Activations } from "@jupiter/protocol";

/** Rows `rows` of `[T, D]` in fresh memory. */
export function pickRows(x: Activations, rows: readonly number[]): Activations {
  const { hidden } = x;
  if (x.wire === "f32") {
    const data = new Float32Array(rows.length * hidden);
    rows.forEach((row, i) => data.set(x.data.subarray(row * hidden, (row + 1) * hidden), i * hidden));
    return { wire: "f32", rows: rows.length, hidden, data };
  }
  const data = new Uint16Array(rows.length * hidden);
  rows.forEach((row, i) => data.set(x.data.subarray(row * hidden, (row + 1) * hidden), i * hidden));
  return { wire: "f16", rows: rows.length, hidden, data };
}
