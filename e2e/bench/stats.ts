export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly raw: readonly number[];
}

/** Raw values are kept in the order in which they were measured. */
export function spread(raw: readonly number[]): Spread {
  const sorted = [...raw].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const at = (index: number) => sorted[index] ?? NaN;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), raw };
}
