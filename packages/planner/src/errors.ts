export type PlannerReason = "no-stages" | "unknown-seat" | "layer-counts" | "bad-profile" | "bad-workload";

/** A request that no plan can answer, whatever the devices. The message says what was expected, what came, and what to do. */
export class PlannerError extends Error {
  override readonly name = "PlannerError";
  readonly reason: PlannerReason;

  constructor(reason: PlannerReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
