/** A job by its number of rows. */
export type Job = readonly [T: number, run: () => unknown];

/** Of so many runs this share was faster: other programs on the machine only ever add to a time. */
const QUANTILE = 0.2;

/** Milliseconds of each job over `parts`. Jobs take turns, so that what the machine does meanwhile meets all of them. */
export async function taken(jobs: readonly Job[], repeats: number, parts: number): Promise<Map<number, number>> {
  const times = new Map<number, number[]>(jobs.map(([T]) => [T, []]));
  for (let i = -1; i < repeats; i++) {
    for (const [T, run] of jobs) {
      const start = performance.now();
      await run();
      // The first run compiles.
      if (i >= 0) times.get(T)?.push((performance.now() - start) / parts);
    }
  }
  return new Map(
    [...times].map(([T, all]) => [T, all.sort((a, b) => a - b)[Math.floor(all.length * QUANTILE)] ?? NaN]),
  );
}
