export type RuntimeReason =
  "out-of-memory" | "device-lost" | "no-webgpu" | "bad-frame" | "known-answer" | "session" | "disposed";

/** Everything that can go wrong while layers are built or run. The message says what to do next. */
export class RuntimeError extends Error {
  readonly reason: RuntimeReason;

  constructor(reason: RuntimeReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimeError";
    this.reason = reason;
  }
}
