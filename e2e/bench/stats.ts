/** Means, medians, and how far they may be apart by chance. */
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

/** A median's standard error over a mean's, of normal values. */
const MEDIAN_OVER_MEAN = Math.sqrt(Math.PI / 2);
/** Of the normal distribution: 99 of 100 values lie within so many deviations. */
const Z = 2.5758;

/**
 * Two-sided 99 % quantile of Student's t for `freedom` degrees of freedom, by its expansion for many of them (Abramowitz and Stegun, 26.7.5): 1 % too small
 * at 4, 12 % at 2.
 */
function studentT(freedom: number): number {
  const first = (Z ** 3 + Z) / 4;
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const third = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  return Z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}

/**
 * How far the medians of two samples of the same thing are apart by chance alone, at most, in 99 of 100 cases; null where both have but one value. More values
 * make it less. Normal values of one deviation are assumed.
 */
export function chanceOf(a: readonly number[], b: readonly number[]): number | null {
  return mostByChance(squares(a) + squares(b), a.length + b.length - 2, 1 / a.length + 1 / b.length);
}

/** The same of one sample's median and what it is of; null for a single value. */
export function chanceOfOne(values: readonly number[]): number | null {
  return mostByChance(squares(values), values.length - 1, 1 / values.length);
}

/** `share`: of one value's variance, what a mean of theirs has; null without a degree of freedom. */
function mostByChance(squares: number, freedom: number, share: number): number | null {
  if (freedom < 1) return null;
  return studentT(freedom) * MEDIAN_OVER_MEAN * Math.sqrt((squares / freedom) * share);
}

/** Of the distances from the mean. */
function squares(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
