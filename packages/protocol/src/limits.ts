/** One place for every limit on what a peer may send. Bytes unless the name says otherwise. */
export const LIMITS = {
  /** Rows of one frame. The planner's largest chunk is 256; the rest is room for trees. */
  rowsPerFrame: 1024,
  /** Largest hidden size accepted (Llama-3 405B has 16384). */
  hidden: 16384,
  commandsPerFrame: 64,
  slotsPerCommand: 131_072,
  slotsPerArena: 131_072,
  arenas: 64,
  stages: 64,
  bestPerRow: 256,
  asksPerRow: 64,
  framesPerCancel: 1024,
  controlBytes: 1 << 20,
  bulkBytes: 256 << 10,
  /** One whole frame: 1024 rows of 8192 in f32 is 32 MiB. */
  frameBytes: 48 << 20,
} as const;
