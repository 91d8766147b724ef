export { simulate } from "./simulate.ts";
export type { SimulatedDevice, SimulatedRequest, SimulatedStage, Simulation, SimulationResult } from "./simulate.ts";
export { RECORDED, TraceDrafter, type DraftedCase, type RecordedGuesses } from "./trace-drafter.ts";
export { busyShare, type Span } from "./activity.ts";
export { countingRule, traceRule, type TokenRule, type TracedCase } from "./token-rule.ts";
export type { LinkUse } from "./network.ts";
export { runSchedules, type Schedule, type ScheduleResult, type Step } from "./schedule.ts";
export * from "./baselines.ts";
export { gantt, type GanttOptions } from "./gantt.ts";
export {
  passingRows,
  ruledEmbedding,
  RuledRows,
  stageMs,
  TimedHead,
  TimedStage,
  type Computer,
} from "./simulated-model.ts";
