import type { LayerWeights, ModelShape } from "@jupiter/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { BuildOptions } from "./build-stage.ts";
import type { Executor } from "./executor.ts";
import { profileLayers } from "./profile.ts";
import { StageRunner } from "./stage-runner.ts";

/** Of a stage on the machine that is played here. */
interface Machine {
  frameMs: number;
  layerMs: (T: number, S: number) => number;
  runs: number[];
}

const machine = vi.hoisted((): Machine => ({ frameMs: 0, layerMs: () => 0, runs: [] }));
vi.mock("./build-stage.ts", () => ({
  async buildStage(
    shape: ModelShape,
    groups: AsyncIterable<readonly LayerWeights[]>,
    { maxSlots, maxRows = Infinity }: BuildOptions,
  ) {
    let layers = 0;
    for await (const group of groups) layers += group.length;
    const executor: Executor = {
      run: ({ T, total }) => {
        machine.runs.push(T);
        vi.advanceTimersByTime(machine.frameMs + layers * machine.layerMs(T, total - T));
        return Promise.resolve(new Float32Array(T * shape.D));
      },
      dispose: () => Promise.resolve(),
      reserve: () => {},
      copyRows: () => {},
      free: () => {},
      memoryBytes: 0,
      inPlace: true,
    };
    return new StageRunner(shape, executor, { maxSlots, maxArenas: 1, maxRows });
  },
}));

const dims = { L: 4, D: 64, F: 96, H: 4, K: 2, E: 16, V: 128 };
const shape: ModelShape = {
  ...{ architecture: "llama", ...dims },
  ...{ ropeBase: 10000, rmsEpsilon: 1e-5, contextLength: 8192 },
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  Object.assign(machine, { frameMs: 0, layerMs: () => 1, runs: [] });
});
afterEach(() => void vi.useRealTimers());

it("tells what a layer takes from what a frame does, whatever its rows and the tokens cached", async () => {
  machine.frameMs = 3;
  machine.layerMs = (T, S) => 1 + Math.floor(T / 8) + Math.floor((T * S) / 4096);
  const { layerTimes, frameMs } = await profileLayers(shape, { backend: "wasm", type: "float", kernels: true });
  expect(frameMs).toBeCloseTo(3);
  for (const { T, S, ms } of layerTimes) expect(ms).toBeCloseTo(machine.layerMs(T, S));
  expect(layerTimes.length).toBeGreaterThan(5);
  expect(Math.max(...layerTimes.map(({ S }) => S))).toBe(3072);
});

it("times long frames in the parts in which they will run", async () => {
  await profileLayers(shape, { backend: "webgpu", type: "float", maxRows: 8 });
  expect(Math.max(...machine.runs)).toBe(8);
  await profileLayers(shape, { backend: "webgpu", type: "float" });
  expect(Math.max(...machine.runs)).toBe(256);
});

it("leaves the largest points out on a slow device, and takes three seconds on none that is not very slow", async () => {
  machine.layerMs = (T) => 10 + T;
  const startMs = performance.now();
  const { layerTimes } = await profileLayers(shape, { backend: "wasm", type: "float" });
  expect(performance.now() - startMs).toBeLessThan(3000);
  expect(layerTimes.slice(0, 2)).toMatchObject([
    { T: 1, S: 0 },
    { T: 32, S: 0 },
  ]);
  expect(layerTimes.some(({ T }) => T === 256)).toBe(false);
});

it("times a model of short contexts no further than they go, and a layer of large ones alone", async () => {
  const { layerTimes } = await profileLayers({ ...shape, contextLength: 512 }, { backend: "wasm", type: "float" });
  expect(Math.max(...layerTimes.map(({ S }) => S))).toBe(256);
  machine.frameMs = 3;
  const large = { ...shape, D: 2048, F: 8192 };
  const alone = await profileLayers(large, { backend: "wasm", type: "float" });
  expect(alone.frameMs).toBe(0);
  expect(alone.layerTimes[0]?.ms).toBeCloseTo(4);
});
