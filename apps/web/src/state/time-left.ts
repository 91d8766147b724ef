/** How long a download still takes. Pure. */
export interface Loaded {
  readonly bytes: number;
  readonly atMs: number;
}

/** A pace that was measured for less says nothing. */
const LEAST_MS = 1000;

/** Seconds, at the pace since `start`; null: too early to say, or nothing comes. */
export function secondsLeft(start: Loaded, now: Loaded, totalBytes: number): number | null {
  const [ms, bytes] = [now.atMs - start.atMs, now.bytes - start.bytes];
  if (ms < LEAST_MS || bytes <= 0) return null;
  return ((totalBytes - now.bytes) * ms) / bytes / 1000;
}
