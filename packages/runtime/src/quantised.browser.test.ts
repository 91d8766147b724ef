/** Weights in the file's own blocks, on WebGPU and in our own kernels on wasm, against the same file unpacked to float32 on wasm. */
import { readGguf, WeightSource, type BlockType, type WeightForm } from "@jupiter/model";
import { ROOT, type Activations, type RowScore, type RowTable, type ScorePolicy } from "@jupiter/protocol";
import { memoryByteSource, tinyCheckpoint, type TinyCheckpointOptions } from "@jupiter/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { buildStage } from "./build-stage.ts";
import { HeadRunner } from "./head-runner.ts";
import { configureOrt, type Backend } from "./ort.ts";
import { hideSubgroups } from "./webgpu-features.ts";

/** Of the largest value. Both compute in float32; what is left is the order of sums. */
const TOLERANCE = 1e-4;
const D = 256;
const ASK: ScorePolicy = { temperature: 0, topP: 1, topK: 0, random: 0, askIds: [0, 7, 319] };

/** A chunk of 40, one token, a tree with equal positions and a second root, and a rollback into it. */
const FRAMES: readonly { readonly base: number; readonly parents: readonly number[] }[] = [
  { base: 0, parents: Array.from({ length: 40 }, (_, i) => (i === 0 ? ROOT : i - 1)) },
  { base: 40, parents: [39] },
  { base: 41, parents: [40, 40, 41, 42, ROOT, 45] },
  { base: 44, parents: [43, 41, 44] },
];

function rowTable({ base, parents }: (typeof FRAMES)[number], depths: number[]): RowTable {
  parents.forEach((parent, i) => (depths[base + i] = parent === ROOT ? 0 : (depths[parent] ?? NaN) + 1));
  return {
    arena: 1,
    base,
    positions: Int32Array.from(parents, (_, i) => depths[base + i] ?? NaN),
    parents: Int32Array.from(parents),
    wanted: new Uint8Array(parents.length),
  };
}

/** Hidden states of all frames, and the scores of the last frame's rows. */
async function run(
  file: Uint8Array,
  backend: Backend,
  form: WeightForm,
  kernels = false,
): Promise<{ hidden: number[]; scores: RowScore[] }> {
  const source = memoryByteSource(file);
  const { checkpoint } = await readGguf(source, "tiny");
  const weights = new WeightSource(checkpoint, source, {
    layers: [{ first: 0, end: checkpoint.shape.L }],
    head: true,
    embedding: true,
  });
  if (form === "blocks") await expectBlocks(weights);
  const groups = weights.layerGroups(0, checkpoint.shape.L, form);
  const stage = await buildStage(checkpoint.shape, groups, { backend, type: "float", kernels, maxSlots: 128 });
  const head = await HeadRunner.create(checkpoint.shape, await weights.head(form), { backend, type: "float", kernels });
  const embed = await weights.embedding();
  const hidden: number[] = [];
  const depths: number[] = [];
  let last = null as Activations | null;
  for (const frame of FRAMES) {
    const rows = frame.parents.length;
    const data = embed(frame.parents.map((_, i) => ((frame.base + i) * 37) % checkpoint.shape.V));
    const { result } = await stage.forward({ wire: "f32", rows, hidden: D, data }, rowTable(frame, depths));
    hidden.push(...result.data);
    last = result;
  }
  if (last === null) throw new Error("no frames");
  const { result: scores } = await head.score(
    last,
    Array.from({ length: last.rows }, () => ASK),
  );
  await stage.dispose();
  await head.dispose();
  return { hidden, scores };
}

/** Guards the test itself: blocks must be blocks. */
async function expectBlocks(weights: WeightSource): Promise<void> {
  const [layer] = await weights.layers(0, 1, "blocks");
  expect(layer?.gate.weights.form).toBe("blocks");
}

async function expectAgreement(options: TinyCheckpointOptions): Promise<void> {
  const file = tinyCheckpoint({ ...options, dims: { L: 1, D, F: 256, ...options.dims } });
  const unpacked = await run(file, "wasm", "dense");
  for (const blocks of [await run(file, "webgpu", "blocks"), await run(file, "wasm", "blocks", true)]) {
    const largest = Math.max(...unpacked.hidden.map(Math.abs));
    const worst = Math.max(...unpacked.hidden.map((value, i) => Math.abs(value - (blocks.hidden[i] ?? NaN))));
    expect(largest).toBeGreaterThan(1);
    expect(worst / largest).toBeLessThan(TOLERANCE);
    expect(blocks.scores.map(({ chosen }) => chosen)).toEqual(unpacked.scores.map(({ chosen }) => chosen));
    blocks.scores.forEach(({ asked }, r) =>
      asked.forEach((logProb, a) => expect(logProb).toBeCloseTo(unpacked.scores[r]?.asked[a] ?? NaN, 2)),
    );
    blocks.scores.forEach(({ entropy }, r) => expect(entropy).toBeCloseTo(unpacked.scores[r]?.entropy ?? NaN, 2));
  }
}

beforeAll(() => {
  hideSubgroups();
  configureOrt(1);
});

describe("weights in blocks agree with unpacked ones on wasm: chain, tree, roots, rollback, head", () => {
  // Few tests of many types: the software adapter spends most of its time building pipelines.
  it("llama, a matrix of every type, tied head of Q6_K", async () => {
    const types = {
      attn_q: "Q4_0",
      attn_k: "Q4_K",
      attn_v: "Q5_0",
      attn_output: "Q8_0",
      ffn_gate: "Q6_K",
      ffn_up: "F16",
      ffn_down: "Q4_1",
    } as const;
    // Rows of the last matrix are nine blocks: zero points of an odd number of blocks end in half a byte.
    await expectAgreement({ dims: { F: 288 }, typeOf: byPart(types, "Q6_K") });
  });

  it("qwen2 as its small models mix types, with biases and a head of its own", async () => {
    const types = { attn_v: "Q8_0", ffn_down: "Q6_K", ffn_gate: "Q4_K", ffn_up: "Q4_K", output: "Q8_0" } as const;
    await expectAgreement({ architecture: "qwen2", tiedHead: false, typeOf: byPart(types, "Q5_0") });
  });

  it("llama, the types of other files of such models, tied head of Q5_K", async () => {
    const types = {
      attn_q: "Q2_K",
      attn_k: "Q5_K",
      attn_v: "IQ4_NL",
      attn_output: "Q3_K",
      ffn_gate: "Q5_1",
      ffn_up: "BF16",
      ffn_down: "Q2_K",
    } as const;
    await expectAgreement({ typeOf: byPart(types, "Q5_K") });
  });
});

function byPart(types: Readonly<Record<string, BlockType>>, otherwise: BlockType): (name: string) => BlockType {
  return (name) => types[name.split(".").at(-2) ?? ""] ?? otherwise;
}
