import type { LayerWeights } from "@jupiter/model";
import { ROOT } from "@jupiter/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { buildStage } from "./build-stage.ts";
import { configureOrt, type Backend } from "./ort.ts";
import type { StageRunner } from "./stage-runner.ts";
import { chain, randomLayers, shape, Walk } from "./stage-walk.ts";
import { hideSubgroups } from "./webgpu-features.ts";

const layers = randomLayers(7);

async function stage(backend: Backend, { publicApi = false, kernels = false } = {}): Promise<StageRunner> {
  // Two sessions, so that activations pass between sessions too.
  async function* groups(): AsyncGenerator<LayerWeights[]> {
    await Promise.resolve();
    yield layers.slice(0, 2);
    yield layers.slice(2);
  }
  return buildStage(shape, groups(), { backend, type: "float", maxSlots: 512, publicApi, kernels });
}

const TOLERANCE = 2e-5; // values are of order 1 to 10, sums in float32

beforeAll(() => {
  hideSubgroups();
  configureOrt(1);
});

describe.each([
  ["wasm, our own kernels", "wasm", { kernels: true }],
  ["wasm, cache in place", "wasm", {}],
  ["wasm, public API", "wasm", { publicApi: true }],
  // The software adapter, whose subgroups compute wrong attention over 32 and more rows.
  ["WebGPU without subgroups, cache in place", "webgpu", {}],
] as const)("a stage on %s gives the hidden states of fresh forwards", (_, backend, options) => {
  it("over a chain in chunks, one token, a tree, two roots, rollback, dead rows, keep and growth", async () => {
    const runner = await stage(backend, options);
    expect(runner.inPlace).toBe(!("publicApi" in options));
    const walk = new Walk(runner, layers, 11);
    expect(await walk.frame(0, chain(0, 33))).toBeLessThan(TOLERANCE);
    expect(await walk.frame(33, chain(33, 1))).toBeLessThan(TOLERANCE);
    // A tree under slot 33: two children, a grandchild of each, equal positions.
    expect(await walk.frame(34, [33, 33, 34, 35, 36])).toBeLessThan(TOLERANCE);
    // Roll back into the tree; the new rows hang below slot 35 and beside a new root.
    expect(await walk.frame(37, [35, ROOT, 38, 37])).toBeLessThan(TOLERANCE);
    walk.skip(41, [40, 41, 42]);
    expect(await walk.frame(44, [40, 44])).toBeLessThan(TOLERANCE);
    // Keep the path 35, 37, 40, 44, 45 of what lies from 34 on.
    walk.keep(34, [35, 37, 40, 44, 45]);
    expect(walk.length).toBe(39);
    expect(await walk.frame(39, chain(39, 64))).toBeLessThan(TOLERANCE);
    // Past 256 slots: the buffers grow and keep what they hold.
    expect(await walk.frame(103, chain(103, 64))).toBeLessThan(TOLERANCE);
    expect(await walk.frame(167, chain(167, 100))).toBeLessThan(TOLERANCE);
    expect(await walk.frame(267, [266, 3, 267])).toBeLessThan(TOLERANCE);
    await runner.dispose();
    await expect(walk.frame(270, [269])).rejects.toMatchObject({ reason: "disposed" });
  });
});

it("refuses more slots than it promised, and loses nothing by it", async () => {
  const runner = await stage("wasm");
  const walk = new Walk(runner, layers, 5);
  await walk.frame(0, chain(0, 8));
  await expect(walk.frame(8, chain(8, 512))).rejects.toMatchObject({ reason: "out-of-memory" });
  await runner.dispose();
});
