/** From times on a link to what it carries. Pure. */

/** Of one burst, from the arrival of its first part to that of its last. */
export interface Burst {
  /** Without the first part: its time is not among `ms`. */
  readonly sizeBytes: number;
  readonly ms: number;
}

/** Half the distance of the quartiles on each side of the median: one held-up echo of five does not count. */
export interface RoundTrips {
  readonly medianMs: number;
  readonly spreadMs: number;
}

/** Clocks of pages are this coarse where a page is not isolated: shorter times say only that a link is fast. */
const CLOCK_MS = 0.1;

/** Throws `RangeError` without a single one. */
export function roundTrips(times: readonly number[]): RoundTrips {
  if (times.length === 0) throw new RangeError("Expected at least one round trip, got none.");
  const sorted = [...times].sort((a, b) => a - b);
  return { medianMs: at(sorted, 0.5), spreadMs: (at(sorted, 0.75) - at(sorted, 0.25)) / 2 };
}

/**
 * Bytes a millisecond: the median of the largest bursts, as a channel speeds up, and small ones fit a buffer on the way. Throws `RangeError` without a
 * single one.
 */
export function rateOf(bursts: readonly Burst[]): number {
  if (bursts.length === 0) throw new RangeError("Expected at least one burst, got none.");
  const largest = Math.max(...bursts.map(({ sizeBytes }) => sizeBytes));
  const rates = bursts
    .filter(({ sizeBytes }) => sizeBytes === largest)
    .map(({ sizeBytes, ms }) => sizeBytes / Math.max(ms, CLOCK_MS))
    .sort((a, b) => a - b);
  return at(rates, 0.5);
}

/** Of sorted values, between neighbours in proportion. */
function at(sorted: readonly number[], share: number): number {
  const index = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(index)]!, sorted[Math.ceil(index)]!];
  return low + (index - Math.floor(index)) * (high - low);
}
