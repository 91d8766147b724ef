export type PipelineReason =
  "out-of-order" | "stale-plan" | "too-many-frames" | "bad-frame" | "stage-failed" | "no-ring";

/** A frame or a request that the pipeline refuses. The message says what was expected and what came. */
export class PipelineError extends Error {
  override readonly name = "PipelineError";
  readonly reason: PipelineReason;

  constructor(reason: PipelineReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
