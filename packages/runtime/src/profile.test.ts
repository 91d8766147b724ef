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
  /** What a run of so many milliseconds takes now. */
  heldUp: (ms: number) => number;
}

const machine = vi.hoisted((): Machine => ({ frameMs: 0, layerMs: () => 0, runs: [], heldUp: (ms) => ms }));
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
        vi.advanceTimersByTime(machine.heldUp(machine.frameMs + layers * machine.layerMs(T, total - T)));
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
  Object.assign(machine, { frameMs: 0, layerMs: () => 1, runs: [], heldUp: (ms: number) => ms });
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

/** Of every 20 ms, what one process got of a core while three others used the machine's two for 1.3 s, as it was measured; 20 from then on. */
const GOT_MS = [
  4, 6, 4, 4, 8, 8, 5, 10, 12, 8, 8, 9, 11, 9, 5, 10, 9, 10, 11, 9, 9, 10, 10, 9, 8, 10, 6, 8, 9, 9, 9, 9, 8, 10, 10, 7,
  9, 10, 9, 11, 10, 10, 8, 5, 3, 7, 11, 9, 9, 11, 8, 9, 11, 8, 11, 8, 9, 9, 11, 8, 14, 18, 19, 19,
];

it("others that use the machine for most of the time that it is timed do not make it a slower one", async () => {
  const startMs = performance.now();
  machine.heldUp = (ms) => {
    let [at, left] = [performance.now() - startMs, ms];
    for (;;) {
      const slot = Math.floor(at / 20);
      const rate = (GOT_MS[slot] ?? 20) / 20;
      const restMs = 20 * (slot + 1) - at;
      if (left <= restMs * rate) return at + left / rate - (performance.now() - startMs);
      left -= restMs * rate;
      at += restMs;
    }
  };
  // SmolLM2-135M on wasm.
  machine.layerMs = (T, S) => (T < 9 ? 0.05 + 0.55 * T : 0.6 + 0.21 * T) + 5e-5 * T * (T + S);
  const { layerTimes } = await profileLayers(shape, { backend: "wasm", type: "float", kernels: true });
  const off = layerTimes.map(({ T, S, ms }) => ms / machine.layerMs(T, S));
  expect(off.length).toBeGreaterThan(4);
  expect(Math.max(...off)).toBeLessThan(1.15);
});
