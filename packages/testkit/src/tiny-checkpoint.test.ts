import { BLOCK_TYPES, loadEmbedding, loadHead, loadLayer, readGguf } from "@jupiter/model";
import { createTokenizer } from "@jupiter/model/tokenizer";
import { describe, expect, it } from "vitest";
import { memoryByteSource, tinyCheckpoint } from "./tiny-checkpoint.ts";

describe("the tiny checkpoint", () => {
  it.each(["llama", "qwen2"] as const)("is read as %s, with the biases that it should have", async (architecture) => {
    const { checkpoint } = await readGguf(memoryByteSource(tinyCheckpoint({ architecture, tiedHead: false })), "tiny");
    expect(checkpoint.shape).toMatchObject({ architecture, L: 4, D: 64, F: 128, H: 4, K: 2, E: 16, V: 320 });
    expect(checkpoint.tiedHead).toBe(false);
    expect(checkpoint.tensors.filter(({ name }) => name.endsWith(".bias"))).toHaveLength(
      architecture === "qwen2" ? 12 : 0,
    );
  });

  it.each(BLOCK_TYPES)("holds weights of a sane size as %s", async (type) => {
    const bytes = tinyCheckpoint({ dims: { L: 1, D: 256, F: 256 }, typeOf: () => type });
    const source = memoryByteSource(bytes);
    const { checkpoint } = await readGguf(source, "tiny");
    const last = checkpoint.tensors.at(-1);
    expect((last?.offsetBytes ?? 0) + (last?.sizeBytes ?? 0)).toBeLessThanOrEqual(bytes.length);
    const { gate } = await loadLayer(checkpoint, source, 0);
    const { head } = await loadHead(checkpoint, source);
    const embed = await loadEmbedding(checkpoint, source);
    if (gate.weights.form !== "dense" || head.weights.form !== "dense") throw new Error("expected dense weights");
    expect(deviation(gate.weights.data)).toBeGreaterThan(0.5 / 16);
    expect(deviation(gate.weights.data)).toBeLessThan(1.5 / 16);
    expect([...embed([7])]).toEqual([...head.weights.data.subarray(7 * 256, 8 * 256)]);
  });

  it("is the same for the same seed and another for another", () => {
    expect(tinyCheckpoint({ seed: 3 })).toEqual(tinyCheckpoint({ seed: 3 }));
    expect(tinyCheckpoint({ seed: 3 })).not.toEqual(tinyCheckpoint({ seed: 4 }));
  });

  it("brings a tokenizer that tells any text, and a chat template", async () => {
    const { metadata } = await readGguf(memoryByteSource(tinyCheckpoint()), "tiny");
    const tokenizer = createTokenizer(metadata);
    for (const text of ["The ring of the thing, and you?", "naïve \n\t 12 – 🙂"]) {
      expect(tokenizer.decode([...tokenizer.encode(text)])).toBe(text);
    }
    expect(tokenizer.encode(" the").length).toBe(1);
    const chat = tokenizer.renderChat([{ role: "user", content: "Hi" }]);
    expect(chat).toBe("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    expect([...tokenizer.encode(chat)].filter((id) => id >= 317)).toEqual([318, 319, 318]);
    expect(tokenizer.eosIds).toEqual([319, 317]);
  });

  it("refuses rows that are not whole blocks", () => {
    expect(() => tinyCheckpoint({ typeOf: () => "Q6_K" })).toThrow(/64 weights.*Q6_K/);
  });
});

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
