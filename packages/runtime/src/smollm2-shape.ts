import type { ModelShape } from "@jupiter/model";

/** SmolLM2-135M's geometry, for tests and benchmarks of kernels. */
export const SMOLLM2_SHAPE: ModelShape = {
  architecture: "llama",
  L: 30,
  D: 576,
  F: 1536,
  H: 9,
  K: 3,
  E: 64,
  V: 49152,
  ropeBase: 100000,
  rmsEpsilon: 1e-5,
  contextLength: 8192,
};
