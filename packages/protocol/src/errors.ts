export type ProtocolReason =
  | "version"
  | "kind"
  | "truncated"
  | "trailing"
  | "too-large"
  | "bad-flags"
  | "bad-number"
  | "bad-length"
  | "bad-text"
  | "bad-control"
  | "bad-arena"
  | "bad-base"
  | "bad-parent"
  | "bad-position"
  | "bad-wanted"
  | "bad-row"
  | "bad-slots"
  | "bad-range"
  | "too-many-times"
  | "too-many-commands"
  | "too-many-rows"
  | "too-many-slots"
  | "too-many-scores"
  | "too-many-frames";

/** Bytes or values that no peer of this version may send. Whoever gets one from a link closes that link and says why. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly reason: ProtocolReason;
  constructor(reason: ProtocolReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
