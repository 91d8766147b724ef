export type ModelReason = "not-gguf" | "limits" | "truncated" | "unsupported" | "missing-tensor" | "range-refused";

/** A checkpoint that cannot be used. The message says what was expected and what came. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly reason: ModelReason;

  constructor(reason: ModelReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
