export { buildStage, type BuildOptions } from "./build-stage.ts";
export { RuntimeError, type RuntimeReason } from "./errors.ts";
export { HeadRunner } from "./head-runner.ts";
export { knownAnswerTest, type KnownAnswer } from "./known-answer.ts";
export type { Rung } from "./ladder.ts";
export { configureOrt, watchDevice, type Backend } from "./ort.ts";
export { profileLayer, type LayerTime } from "./profile.ts";
export { StageRunner } from "./stage-runner.ts";
export { graphFloat, hideSubgroups } from "./webgpu-features.ts";
