/**
 * From measured times to costs: least squares on relative errors. A layer's in pieces, as a few rows run other kernels than many; where one piece ends
 * and the next begins is tried out.
 */
import { layerMs, type CostPiece, type HeadCost, type LayerCost } from "./costs.ts";

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

const MOST_PIECES = 3;
/** What the same run differs by from time to time, relative: a fit that is closer is none better. */
const NOISE = 0.05;

/** Throws `RangeError` without a single time above 0. */
export function fitLayer(times: readonly MeasuredTime[]): Fit {
  const points = times.filter(({ ms }) => ms > 0);
  if (points.length === 0) throw new RangeError("Expected at least one measured time above 0 ms, got none.");
  const sizes = [...new Set(points.map(({ T }) => T))].sort((a, b) => a - b);
  let best: { readonly layer: LayerCost; readonly score: number } | null = null;
  for (const groups of cuts(sizes, MOST_PIECES)) {
    const layer = groups.map((group, i) =>
      piece(
        i === 0 ? 1 : (groups[i - 1]?.at(-1) ?? 0) + 1,
        points.filter(({ T }) => group.includes(T)),
      ),
    );
    const score = scoreOf(layer, points);
    if (best === null || score < best.score) best = { layer, score };
  }
  const layer = best?.layer ?? [piece(1, points)];
  return { layer, error: mean(errorsOf(layer, points)) };
}

/** Final norm, LM head and choice, from its times for several numbers of rows. Throws `RangeError` without a single time. */
export function fitHead(times: readonly { readonly rows: number; readonly ms: number }[]): HeadCost {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined)
    throw new RangeError("Expected at least one time of a head, got none.");
  if (last.rows === first.rows) return { floorMs: 0, rowMs: first.ms / first.rows };
  // A second row never costs more than the first: what looks so was held up.
  const rowMs = Math.min(Math.max(0, (last.ms - first.ms) / (last.rows - first.rows)), first.ms / first.rows);
  return { floorMs: first.ms - rowMs * first.rows, rowMs };
}

/** Akaike's criterion: a further coefficient must explain more than noise. */
function scoreOf(layer: LayerCost, points: readonly MeasuredTime[]): number {
  const coefficients = layer.flatMap(({ floorMs, rowMs, pairMs }) => [floorMs, rowMs, pairMs]).filter((x) => x > 0);
  const square = mean(errorsOf(layer, points).map((error) => error ** 2));
  return points.length * Math.log(square + NOISE ** 2) + 2 * coefficients.length;
}

function errorsOf(layer: LayerCost, points: readonly MeasuredTime[]): readonly number[] {
  return points.map(({ T, S, ms }) => Math.abs(layerMs(layer, T, S) - ms) / ms);
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** All ways to cut rising sizes into groups that determine a piece: of several sizes, or of one that is followed by the next whole number. */
function cuts(sizes: readonly number[], mostGroups: number): readonly (readonly (readonly number[])[])[] {
  const whole = [[sizes]];
  if (mostGroups <= 1) return whole;
  const cut = sizes.slice(1).flatMap((next, i) => {
    const group = sizes.slice(0, i + 1);
    const rest = sizes.slice(i + 1);
    if ((group.length === 1 && next !== group[0]! + 1) || rest.length < 2) return [];
    return cuts(rest, mostGroups - 1).map((groups) => [group, ...groups]);
  });
  return [...whole, ...cut];
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

/** Least squares of `rows · x = 1`; null: the rows do not determine it. Columns are brought to one size, so that what is left of one tells. */
function solve(rows: readonly (readonly number[])[]): readonly number[] | null {
  const n = rows[0]!.length;
  const norms = Array.from({ length: n }, (_, i) => Math.hypot(...rows.map((row) => row[i]!)));
  const scaled = rows.map((row) => row.map((x, i) => x / norms[i]!));
  const matrix = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => scaled.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    scaled.reduce((sum, row) => sum + row[i]!, 0),
  ]);
  for (let at = 0; at < n; at++) {
    const pivot = matrix.slice(at).reduce((best, row) => (Math.abs(row[at]!) > Math.abs(best[at]!) ? row : best));
    const index = matrix.indexOf(pivot);
    [matrix[at], matrix[index]] = [pivot, matrix[at]!];
    if (Math.abs(pivot[at]!) < 1e-12) return null;
    for (const row of matrix) {
      if (row === pivot) continue;
      const factor = row[at]! / pivot[at]!;
      for (let j = at; j <= n; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  return matrix.map((row, i) => row[n]! / row[i]! / norms[i]!);
}
