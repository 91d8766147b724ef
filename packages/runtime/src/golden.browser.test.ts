/**
 * The real SmolLM2-135M in one tab against the golden runs. The file is fetched by `npm test` before (see `scripts/fetch-model.mjs`) and served
 * with byte ranges by the test server.
 */
import { httpByteSource, loadEmbedding, loadHead, loadLayer, readGguf, type LayerWeights } from "@jupiter/model";
import { BEST_ONLY, type Activations } from "@jupiter/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import golden from "../../../e2e/golden/smollm2-135m-instruct-q4_1.json";
import { buildStage } from "./build-stage.ts";
import { chainRows } from "./chain-rows.ts";
import { HeadRunner } from "./head-runner.ts";
import { configureOrt } from "./ort.ts";
import type { StageRunner } from "./stage-runner.ts";

const CHUNK = 64;
/** A difference is a tie, and no bug, from a step with a smaller margin on. */
const TIE_MARGIN = 0.02;

describe.each([
  ["our own kernels", true],
  ["onnxruntime", false],
])("SmolLM2-135M in one tab, wasm, %s", (_, kernels) => {
  const form = kernels ? "blocks" : "dense";
  let embed: (ids: readonly number[]) => Float32Array;
  let stage: StageRunner;
  let head: HeadRunner;

  beforeAll(async () => {
    configureOrt(1);
    const source = httpByteSource(new URL("/models/SmolLM2-135M-Instruct.Q4_1.gguf", location.href).href);
    const { checkpoint } = await readGguf(source, "smollm2-135m-instruct");
    async function* groups(): AsyncGenerator<LayerWeights[]> {
      for (let first = 0; first < checkpoint.shape.L; first += 5) {
        const layers: LayerWeights[] = [];
        for (let i = first; i < first + 5; i++) layers.push(await loadLayer(checkpoint, source, i, form));
        yield layers;
      }
    }
    stage = await buildStage(checkpoint.shape, groups(), { backend: "wasm", type: "float", kernels, maxSlots: 2048 });
    embed = await loadEmbedding(checkpoint, source);
    head = await HeadRunner.create(checkpoint.shape, await loadHead(checkpoint, source, form), {
      backend: "wasm",
      type: "float",
      kernels,
    });
  }, 120_000);

  afterAll(async () => {
    await stage.dispose();
    await head.dispose();
  });

  /** Appends `ids` as a chain in arena 1; the hidden state of the last. */
  async function append(base: number, ids: readonly number[]): Promise<Activations> {
    const rows = chainRows(1, base, ids.length);
    const data = embed(ids);
    const hidden = data.length / ids.length;
    const { result: out } = await stage.forward({ wire: "f32", rows: ids.length, hidden, data }, rows);
    if (out.wire !== "f32") throw new Error("stages return float32");
    return { wire: "f32", rows: 1, hidden, data: out.data.slice(-hidden) };
  }

  async function prefill(ids: readonly number[]): Promise<Activations> {
    stage.apply({ kind: "free", arena: 1 });
    let last = await append(0, ids.slice(0, CHUNK));
    for (let i = CHUNK; i < ids.length; i += CHUNK) last = await append(i, ids.slice(i, i + CHUNK));
    return last;
  }

  it.each(golden.cases.map((c) => [c.id, c] as const))(
    "%s: best id at every step, expected ids forced",
    async (_, c) => {
      let last = await prefill(c.ids);
      const wrong: string[] = [];
      for (const [step, expected] of c.greedy.entries()) {
        const [score] = (await head.score(last, [BEST_ONLY])).result;
        if (step === 0) {
          // Log-probabilities differ from logits by one constant per row.
          const [best, second] = [score?.best[0]?.logProb ?? NaN, score?.best[1]?.logProb ?? NaN];
          expect(best - second).toBeCloseTo((c.top[0]?.[1] ?? NaN) - (c.top[1]?.[1] ?? NaN), 2);
        }
        if (score?.chosen !== expected && (c.margin[step] ?? 0) >= TIE_MARGIN) {
          wrong.push(`step ${step}: ${score?.chosen} instead of ${expected}, margin ${c.margin[step]}`);
        }
        if (step + 1 < c.greedy.length) last = await append(c.ids.length + step, [expected]);
      }
      expect(wrong).toEqual([]);
    },
  );
});
