import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import coder from "../../../e2e/golden/qwen2.5-coder-0.5b-instruct-q4_k_m.json";
import smol from "../../../e2e/golden/smollm2-135m-instruct-q4_1.json";
import { cacheFolder } from "../../../scripts/models.mjs";
import { readGguf, type ByteSource } from "./gguf.ts";
import { createTokenizer, type ChatMessage } from "./tokenizer.ts";

function fileSource(path: string): ByteSource {
  return {
    read: async (offsetBytes, sizeBytes) => {
      const file = openSync(path, "r");
      const buffer = Buffer.alloc(sizeBytes);
      const read = readSync(file, buffer, 0, sizeBytes, offsetBytes);
      closeSync(file);
      return Promise.resolve(new Uint8Array(buffer.buffer, 0, read));
    },
  };
}

/** The golden files' own model, where it has been fetched (`npm run fetch -- ID`). */
function modelFile(name: string): string | null {
  return [join("models", name), join(cacheFolder(), name)].find((path) => existsSync(path)) ?? null;
}

for (const [name, file, golden] of [
  ["SmolLM2-135M", "SmolLM2-135M-Instruct.Q4_1.gguf", smol],
  ["Qwen2.5-Coder-0.5B", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", coder],
] as const) {
  const path = modelFile(file);
  describe.skipIf(path === null)(`${name}'s tokenizer`, () => {
    it("gives the golden prompts, ids and texts", async () => {
      const { metadata } = await readGguf(fileSource(path ?? ""), name);
      const tokenizer = createTokenizer(metadata);
      for (const c of golden.cases) {
        const messages = "messages" in c ? (c.messages as ChatMessage[]) : null;
        if (messages !== null) expect(tokenizer.renderChat(messages)).toBe(c.text);
        expect([...tokenizer.encode(c.text)], c.id).toEqual(c.ids);
        const body = c.finish === "stop" ? c.greedy.slice(0, -1) : c.greedy;
        expect(tokenizer.decode(body), c.id).toBe(c.greedyText);
        const stream = tokenizer.stream();
        expect(c.greedy.map((id) => stream.push(id)).join("") + stream.flush(), c.id).toBe(c.greedyText);
      }
      expect(tokenizer.eosIds[0]).toBe(golden.eos);
      expect(tokenizer.eosIds.map((id) => tokenizer.textOf(id)).toSorted()).toEqual(["<|endoftext|>", "<|im_end|>"]);
    }, 60_000);
  });
}

describe("a made-up vocabulary", () => {
  // "é" is two bytes: Ã and © in byte-level letters.
  const metadata = new Map<string, string | number | readonly (string | number)[]>([
    ["tokenizer.ggml.model", "gpt2"],
    ["tokenizer.ggml.pre", "smollm"],
    ["tokenizer.ggml.tokens", ["<end>", "a", "b", "ab", "Ã", "©", "1", "Ġ"]],
    ["tokenizer.ggml.token_type", [3, 1, 1, 1, 1, 1, 1, 1]],
    ["tokenizer.ggml.merges", ["a b"]],
    ["tokenizer.ggml.eos_token_id", 0],
  ]);

  it("merges, parses special tokens, splits digits", () => {
    const tokenizer = createTokenizer(metadata);
    expect([...tokenizer.encode("abba<end>11é")]).toEqual([3, 2, 1, 0, 6, 6, 4, 5]);
    expect(tokenizer.decode([3, 0, 6])).toBe("ab1");
  });

  it("streams whole characters only", () => {
    const stream = createTokenizer(metadata).stream();
    expect([1, 4, 5, 7, 4].map((id) => stream.push(id))).toEqual(["a", "", "é", " ", ""]);
    expect(stream.flush()).toBe("\uFFFD");
  });

  it("knows ends that the file does not call its own, and none that is a word", () => {
    const tokens = ["<|endoftext|>", "a", "b", "ab", "Ã", "©", "<|im_end|>", "</s>"];
    const types = [3, 1, 1, 1, 1, 1, 3, 1];
    const other = new Map([
      ...metadata,
      ["tokenizer.ggml.tokens", tokens],
      ["tokenizer.ggml.token_type", types],
    ] as const);
    expect(createTokenizer(other).eosIds).toEqual([0, 6]);
    expect(createTokenizer(new Map(metadata).set("tokenizer.ggml.eot_token_id", 3)).eosIds).toEqual([0, 3]);
  });

  it("refuses a file that does not say which tokens are special", () => {
    const without = new Map(metadata);
    without.delete("tokenizer.ggml.token_type");
    expect(() => createTokenizer(without)).toThrow(/special/);
  });

  it("names what it supports when it does not know the kind", () => {
    expect(() => createTokenizer(new Map(metadata).set("tokenizer.ggml.pre", "unheard"))).toThrow(/unheard.*smollm/);
  });
});
