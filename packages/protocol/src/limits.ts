/**
 * Limits on what a peer may send, wherever more than one place must know them; a single field's range stands in its message's schema.
 */

/** Of frames between peers. Bytes or counts, as the name says. */
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
  /** One request for weights on a bulk link. */
  bulkRequestBytes: 4 << 20,
  /** Requests of one link that wait for their bytes. */
  bulkRequests: 32,
  /** One fill of a probe. */
  probeBytes: 64 << 10,
  /** Fills of one burst. */
  probeFills: 8,
  /** What one end of a probed link sends, in fills: a measurement takes half a megabyte each way. */
  probeTotalBytes: 1 << 20,
  /** Messages of one end of a probed link: a measurement has some forty. */
  probeMessages: 128,
  /** Of one question from a donor's page: some 2,000 tokens. */
  questionChars: 8192,
  /** Of an answer to it, in one message, and in all: 4,096 tokens of 256. */
  answerTextChars: 16_384,
  answerChars: 1 << 20,
  /** One whole frame: 1024 rows of 8192 in f32 is 32 MiB. */
  frameBytes: 48 << 20,
} as const;

/** Of what goes through the signaling server. */
export const SIGNALING_LIMITS = {
  /** A member's sealed description, kept by the server while it is there. Bytes. */
  helloBytes: 4096,
  /** One relayed message: an offer with its candidates is 2 to 8 KB. Bytes. */
  sealedBytes: 65_536,
  membersPerRoom: 64,
  /** Length of the text of a refusal. Characters. */
  messageChars: 500,
} as const;
