export {
  decodingOf,
  PLAINLY,
  type AcceptanceRule,
  type Decoding,
  type DecodingChoice,
  type Strategy,
} from "./decoding.ts";
export type { BranchId, BranchView, Draft, Drafter } from "./drafter.ts";
export { PipelineError, type PipelineReason } from "./errors.ts";
export { LookupDrafter } from "./lookup-drafter.ts";
export { ModelDrafter, type Candidate, type DraftModel, type DraftRun } from "./model-drafter.ts";
export { HostDriver, type HostEvent, type HostPorts, type LapEvent } from "./host-driver.ts";
export { pickRows } from "./pick-rows.ts";
export type * from "./ports.ts";
export type * from "./requests.ts";
export { GREEDY, type SamplingPolicy } from "./sampling.ts";
export { StageDriver, type StagePorts } from "./stage-driver.ts";
export type { StagePlace } from "./stage-loop.ts";
