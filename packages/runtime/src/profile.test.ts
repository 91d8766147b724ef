import type { ModelShape } from "@jupiter/model";
import { expect, it, vi } from "vitest";
import type { BuildOptions } from "./build-stage.ts";
import type { Executor } from "./executor.ts";
import { profileLayer } from "./profile.ts";
import { StageRunner } from "./stage-runner.ts";

const runs = vi.hoisted((): number[] => []);
vi.mock("./build-stage.ts", () => ({
  buildStage: (shape: ModelShape, _: unknown, { maxSlots, maxRows = Infinity }: BuildOptions) => {
    const executor: Executor = {
      run: ({ T }) => {
        runs.push(T);
        return Promise.resolve(new Float32Array(T * shape.D));
      },
      dispose: () => Promise.resolve(),
      reserve: () => {},
      copyRows: () => {},
      free: () => {},
      memoryBytes: 0,
      inPlace: true,
    };
    return Promise.resolve(new StageRunner(shape, executor, { maxSlots, maxRows }));
  },
}));

it("times long frames in the parts in which they will run", async () => {
  const dims = { L: 4, D: 64, F: 96, H: 4, K: 2, E: 16, V: 128 };
  const constants = { ropeBase: 10000, rmsEpsilon: 1e-5, contextLength: 512 };
  const shape: ModelShape = { architecture: "llama", ...dims, ...constants };
  const times = await profileLayer(shape, { backend: "webgpu", type: "float", maxRows: 8 });
  expect(times.slice(0, 2)).toMatchObject([
    { T: 1, S: 0 },
    { T: 32, S: 0 },
  ]);
  expect(Math.max(...runs)).toBe(8);
  await profileLayer(shape, { backend: "webgpu", type: "float" });
  expect(Math.max(...runs)).toBe(256);
});
