/** A stage whose layers move keeps those that both plans give it. */
import type { LayerWeights } from "@jupiter/model";
import { beforeAll, expect, it } from "vitest";
import { buildStage, extendStage, type BuildOptions } from "./build-stage.ts";
import { HeldLayers } from "./held-layers.ts";
import { configureOrt } from "./ort.ts";
import { chain, randomLayers, shape, Walk } from "./stage-walk.ts";
import { hideSubgroups } from "./webgpu-features.ts";

/** Of a model of six. */
const model = [...randomLayers(7), ...randomLayers(8)];
const TOLERANCE = 2e-5;

beforeAll(() => {
  hideSubgroups();
  configureOrt(1);
});

/** Two at a time, a session each; `read` has what was asked for. */
async function* groups(first: number, end: number, read: number[] = []): AsyncGenerator<LayerWeights[]> {
  for (let i = first; i < end; i += 2) {
    await Promise.resolve();
    const group = model.slice(i, Math.min(end, i + 2));
    read.push(...group.map((_, j) => i + j));
    yield group;
  }
}

it.each([
  ["wasm, our own kernels", { backend: "wasm", kernels: true }, [1]],
  ["wasm, cache in place", { backend: "wasm" }, [1, 4]],
  ["wasm, public API", { backend: "wasm", publicApi: true }, [1, 4]],
  ["WebGPU without subgroups", { backend: "webgpu" }, [1, 4]],
] as const)("layers that are in both stay when 2 to 5 become 1 to 4, on %s", async (_, form, loaded) => {
  const options: BuildOptions = { ...form, type: "float", maxSlots: 512 };
  const before = await buildStage(shape, groups(2, 6), options);
  const walked = new Walk(before, model.slice(2, 6), 3);
  expect(await walked.frame(0, chain(0, 33))).toBeLessThan(TOLERANCE);

  const held = await HeldLayers.of(before, { first: 2, end: 6 });
  await expect(walked.frame(33, chain(33, 1))).rejects.toMatchObject({ reason: "disposed" });
  const kept = (await held.keep({ first: 1, end: 5 }))!;
  const read: number[] = [];
  const { first, end } = kept.layers;
  const around = { before: groups(1, first, read), kept, after: groups(end, 5, read) };
  const stage = await extendStage(shape, around, options);
  expect(read).toEqual(loaded);

  const fresh = await buildStage(shape, groups(1, 5), options);
  for (const each of [stage, fresh]) {
    const walk = new Walk(each, model.slice(1, 5), 11);
    expect(await walk.frame(0, chain(0, 33))).toBeLessThan(TOLERANCE);
    expect(await walk.frame(33, [32, 32, 33])).toBeLessThan(TOLERANCE);
  }
  // Sessions have rotary tables of their own, and there are more of them now.
  if ("kernels" in form) expect(stage.memoryBytes).toBe(fresh.memoryBytes);
  await stage.dispose();
  await fresh.dispose();
});

it("a stage with nothing in common keeps nothing", async () => {
  const options: BuildOptions = { backend: "wasm", kernels: true, type: "float", maxSlots: 512 };
  const held = await HeldLayers.of(await buildStage(shape, groups(0, 2), options), { first: 0, end: 2 });
  expect(await held.keep({ first: 2, end: 4 })).toBeNull();
});
