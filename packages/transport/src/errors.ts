export type TransportReason =
  "closed" | "too-large" | "aborted" | "bad-slice" | "bad-signal" | "timeout" | "connect-failed" | "unsupported";

/** A message that was not sent, a connection that did not come about, or a peer that broke the rules of the link. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly reason: TransportReason;
  constructor(reason: TransportReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
