/** How long a download still takes. Pure. */
export interface Loaded {
  readonly bytes: number;
  readonly atMs: number;
}

/** A pace that was measured for less says nothing. */
const LEAST_MS = 1000;

/** Seconds, at the pace since `start`, and before there is one at the usual one; null: too early to say, or nothing comes. */
export function secondsLeft(
  start: Loaded,
  now: Loaded,
  totalBytes: number,
  usualBytesPerMs: number | null = null,
): number | null {
  const [ms, bytes] = [now.atMs - start.atMs, now.bytes - start.bytes];
  if (ms < LEAST_MS) return usualBytesPerMs === null ? null : (totalBytes - now.bytes) / usualBytesPerMs / 1000;
  if (bytes <= 0) return null;
  return ((totalBytes - now.bytes) * ms) / bytes / 1000;
}
