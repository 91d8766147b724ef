import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { describe, expect, it } from "vitest";
import golden from "../golden/blocks.json";
import { blockWeightsBytes, isQuantised, toBlockWeights } from "./block-weights.ts";
import { BLOCK_TYPES } from "./blocks.ts";
import { readGguf } from "./gguf.ts";
import { loadHead, loadLayer } from "./load-layers.ts";
import type { BlockWeights, LinearWeights } from "./onnx/linear.ts";
import type { BlockType } from "./shape.ts";

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));
const f = Math.fround;

/** `MatMulNBits`'s own formula, in float32, over its documented layout. */
function unpack(w: BlockWeights, N: number, K: number): number[] {
  const blocks = K / w.blockSize;
  const out: number[] = [];
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const inRow = Math.floor(k / w.blockSize);
      const block = n * blocks + inRow;
      const i = n * K + k;
      const q = w.bits === 8 ? w.packed[i]! : (w.packed[i >> 1]! >> ((i & 1) * 4)) & 15;
      const zeros = w.zeroPoints?.[n * Math.ceil(blocks / 2) + (inRow >> 1)];
      const zero = zeros === undefined ? 1 << (w.bits - 1) : (zeros >> ((inRow & 1) * 4)) & 15;
      out.push(f(f(w.scales[block]! * (q - zero)) + (w.minimums?.[block] ?? 0)));
    }
  }
  return out;
}

function heldBytes({ packed, scales, zeroPoints, minimums }: BlockWeights): number {
  return [packed, scales, zeroPoints, minimums].reduce((sum, values) => sum + (values?.byteLength ?? 0), 0);
}

describe("toBlockWeights", () => {
  const quantised = golden.filter((g) => isQuantised(g.type as BlockType));

  it.each(quantised.map((g) => [g.type, g] as const))(
    "%s keeps the independent unpacker's values, bit for bit",
    (name, g) => {
      const type = name as BlockType;
      if (!isQuantised(type)) throw new Error("filtered above");
      const expected = new Float32Array(bytesOf(g.floats).buffer);
      // As several rows and as one: the blocks of a row follow each other either way.
      for (const N of [1, 2]) {
        const K = expected.length / N;
        const weights = toBlockWeights(type, bytesOf(g.bytes), N, K);
        expect(unpack(weights, N, K).map((w) => w + 0)).toEqual([...expected].map((w) => w + 0)); // + 0: -0 is 0
        expect(weights.packed.length).toBe((N * K * weights.bits) / 8);
        expect(blockWeightsBytes(type, N, K)).toBe(heldBytes(weights));
      }
    },
  );

  it("covers every quantised type", () => {
    expect(quantised).toHaveLength(11);
  });

  it("pads the zero points of an odd number of blocks a row", () => {
    const weights = toBlockWeights("Q4_1", new Uint8Array(3 * 3 * 20), 3, 96);
    expect(weights.zeroPoints).toEqual(new Uint8Array(6));
    expect(blockWeightsBytes("Q4_1", 3, 96)).toBe(heldBytes(weights));
  });

  it("refuses bytes that do not make whole rows", () => {
    expect(() => toBlockWeights("Q8_0", new Uint8Array(33), 1, 32)).toThrow(/33 bytes/);
    expect(() => toBlockWeights("Q4_K", new Uint8Array(144), 8, 32)).toThrow(/8 x 32/);
  });
});

describe("a checkpoint loaded as blocks", () => {
  it.each(BLOCK_TYPES)("%s: the same weights as unpacked, rows of llama's Q and K put back too", async (type) => {
    const source = memoryByteSource(tinyCheckpoint({ dims: { L: 1, D: 256, F: 256 }, typeOf: () => type }));
    const { checkpoint } = await readGguf(source, "tiny");
    const [dense, blocks] = [
      await loadLayer(checkpoint, source, 0, "dense"),
      await loadLayer(checkpoint, source, 0, "blocks"),
    ];
    const [denseHead, blocksHead] = [
      await loadHead(checkpoint, source, "dense"),
      await loadHead(checkpoint, source, "blocks"),
    ];
    const pairs: [LinearWeights, LinearWeights][] = [
      [dense.query, blocks.query],
      [dense.key, blocks.key],
      [dense.down, blocks.down],
      [denseHead.head, blocksHead.head],
    ];
    for (const [{ weights: expected }, { weights, N, K }] of pairs) {
      if (expected.form !== "dense") throw new Error("expected dense weights");
      expect(weights.form).toBe(isQuantised(type) ? "blocks" : "dense");
      const got = weights.form === "dense" ? weights.data : Float32Array.from(unpack(weights, N, K));
      expect(got.findIndex((value, i) => value !== expected.data[i])).toBe(-1);
    }
  });
});
