export { buildStage, type BuildOptions } from "./build-stage.ts";
export { RuntimeError, type RuntimeReason } from "./errors.ts";
export { configureOrt, type Backend } from "./ort.ts";
export { StageRunner } from "./stage-runner.ts";
export { hideSubgroups } from "./webgpu-features.ts";
export { HeadRunner } from "./head-runner.ts";
export { knownAnswerTest, type KnownAnswer } from "./known-answer.ts";
