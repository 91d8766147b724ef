export { alterBytes, alterJson } from "./alter.ts";
export { HastyClock } from "./hasty-clock.ts";
export { ManualClock } from "./manual-clock.ts";
export { peerLinkContract } from "./peer-link-contract.ts";
export { safetensors, withHeader } from "./write-safetensors.ts";
export { memoryByteSource, tinyCheckpoint, type TinyCheckpointOptions } from "./tiny-checkpoint.ts";
export { seeded } from "./tiny-checkpoint-blocks.ts";
