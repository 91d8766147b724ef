export type ModelReason =
  | "not-gguf"
  | "limits"
  | "truncated"
  | "unsupported"
  | "missing-tensor"
  | "shape"
  | "range-refused"
  | "unreachable"
  | "checksum";

/** A checkpoint that cannot be used. The message says what was expected and what came. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly reason: ModelReason;

  constructor(reason: ModelReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
