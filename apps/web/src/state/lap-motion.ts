/** A frame's way round the picture: where it is when, drawn so that eyes can follow. Pure. */

/** A place where the frame stops to be computed. */
export interface Stop {
  /** Degrees, clockwise from the top. */
  readonly angle: number;
  readonly dwellMs: number;
}

export interface Visit {
  readonly angle: number;
  /** Of the whole lap, 0 to 1. */
  readonly arrives: number;
  readonly leaves: number;
}

/** Devices may compute for nearly all of a lap; its ways between them are still to be seen. */
const MOST_DWELL = 0.6;

/** In the order of `stops`, which begins and ends at the host; times are in proportion, but for what the ways need to be seen. */
export function visits(stops: readonly Stop[], lapMs: number): readonly Visit[] {
  const dwellMs = stops.reduce((sum, stop) => sum + stop.dwellMs, 0);
  const dwell = lapMs > 0 && dwellMs > 0 ? Math.min(MOST_DWELL, dwellMs / Math.max(lapMs, dwellMs)) : 0;
  const way = (1 - dwell) / Math.max(1, stops.length - 1);
  let at = 0;
  return stops.map(({ angle, dwellMs: own }, i) => {
    const arrives = at + (i === 0 ? 0 : way);
    at = arrives + (dwellMs > 0 ? (own / dwellMs) * dwell : 0);
    return { angle, arrives: Math.min(1, arrives), leaves: i === stops.length - 1 ? 1 : Math.min(1, at) };
  });
}
