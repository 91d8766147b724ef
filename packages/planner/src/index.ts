export { plan, type Plan, type PlannedStage } from "./plan.ts";
export type { NotEnough, DeviceShortage } from "./not-enough.ts";
export type * from "./request.ts";
export * from "./costs.ts";
export { PlannerError, type PlannerReason } from "./errors.ts";
