/** From measured times of one layer to what it costs: least squares on relative errors, in two pieces, as a few rows run other kernels than many. */
import { layerMs, type CostPiece, type LayerCost } from "./costs.ts";

/** Milliseconds of one layer for `T` new tokens at `S` cached ones. */
export interface MeasuredTime {
  readonly T: number;
  readonly S: number;
  readonly ms: number;
}

export interface Fit {
  readonly layer: LayerCost;
  /** Mean of |fitted - measured| / measured over the points. */
  readonly error: number;
}

/** From so many rows on, kernels for many rows run. */
const MANY_ROWS = 9;

/** Throws `RangeError` without a single time above 0. */
export function fitLayer(times: readonly MeasuredTime[]): Fit {
  const points = times.filter(({ ms }) => ms > 0);
  if (points.length === 0) throw new RangeError("Expected at least one measured time above 0 ms, got none.");
  const few = points.filter(({ T }) => T < MANY_ROWS);
  const many = points.filter(({ T }) => T >= MANY_ROWS);
  const isSplit = spread(few) > 1 && spread(many) > 1;
  const layer: LayerCost = isSplit ? [piece(1, few), piece(MANY_ROWS, many)] : [piece(1, points)];
  const errors = points.map(({ T, S, ms }) => Math.abs(layerMs(layer, T, S) - ms) / ms);
  return { layer, error: errors.reduce((a, b) => a + b, 0) / errors.length };
}

function spread(points: readonly MeasuredTime[]): number {
  return new Set(points.map(({ T }) => T)).size;
}

/** The best of all sets of terms whose coefficients come out at 0 or more. */
function piece(fromRows: number, points: readonly MeasuredTime[]): CostPiece {
  const terms = [(): number => 1, ({ T }: MeasuredTime) => T, ({ T, S }: MeasuredTime) => T * (S + T)];
  let best: { readonly error: number; readonly values: readonly number[] } | null = null;
  for (const used of [[0, 1, 2], [0, 1], [0, 2], [1, 2], [0], [1]]) {
    if (used.length > points.length) continue;
    const rows = points.map((point) => used.map((term) => terms[term]!(point) / point.ms));
    const solved = solve(rows);
    if (solved === null || solved.some((value) => value < 0)) continue;
    const error = rows.reduce((sum, row) => sum + (row.reduce((a, x, i) => a + x * solved[i]!, 0) - 1) ** 2, 0);
    if (best !== null && error >= best.error) continue;
    const values = [0, 0, 0];
    used.forEach((term, i) => (values[term] = solved[i]!));
    best = { error, values };
  }
  const [floorMs = 0, rowMs = 0, pairMs = 0] = best?.values ?? [];
  return { fromRows, floorMs, rowMs, pairMs };
}

/** Least squares of `rows · x = 1`; null: the rows do not determine it. */
function solve(rows: readonly (readonly number[])[]): readonly number[] | null {
  const n = rows[0]!.length;
  const matrix = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row) => sum + row[i]!, 0),
  ]);
  for (let at = 0; at < n; at++) {
    const pivot = matrix.slice(at).reduce((best, row) => (Math.abs(row[at]!) > Math.abs(best[at]!) ? row : best));
    const index = matrix.indexOf(pivot);
    [matrix[at], matrix[index]] = [pivot, matrix[at]!];
    if (Math.abs(pivot[at]!) < 1e-15) return null;
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = row[at]! / pivot[at]!;
      for (let j = at; j <= n; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  return matrix.map((row, i) => row[n]! / row[i]!);
}
