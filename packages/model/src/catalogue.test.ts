import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { existsSync, openSync, readSync, closeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheFolder } from "../../../scripts/models.mjs";
import { catalogue, catalogueForm, withHashes } from "./catalogue.ts";
import { readGguf, type ByteSource } from "./gguf.ts";
import { formOf, outlineOf } from "./outline.ts";
import { WeightSource } from "./weight-source.ts";

const tiny = await readGguf(memoryByteSource(tinyCheckpoint()), "tiny");

describe("withHashes", () => {
  it("leaves a file outside the catalogue as it is", async () => {
    expect(await withHashes(tiny.checkpoint)).toBe(tiny.checkpoint);
    const odd = { ...tiny.checkpoint, id: "toString" };
    expect(await withHashes(odd)).toBe(odd);
  });

  it.each(catalogue.map(({ id }) => id))("%s: fills in every tensor's hash", async (id) => {
    const tensors = tiny.checkpoint.tensors.filter(({ name }) => name.endsWith("attn_q.weight"));
    const filled = await withHashes({ ...tiny.checkpoint, id, tensors });
    expect(filled.tensors).toHaveLength(4);
    expect(new Set(filled.tensors.map(({ sha256 }) => sha256)).size).toBe(4);
    for (const { sha256 } of filled.tensors) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("refuses another file under a catalogue model's name", async () => {
    const tensors = tiny.checkpoint.tensors.map((entry) => ({ ...entry, name: `other.${entry.name}` }));
    const renamed = { ...tiny.checkpoint, id: catalogue[0]?.id ?? "", tensors };
    await expect(withHashes(renamed)).rejects.toMatchObject({ reason: "checksum" });
  });
});

describe("catalogueForm", () => {
  it.each(catalogue)(
    "$id: every layer whole, context and size as the entry says",
    ({ id, contextLength, sizeBytes }) => {
      const form = catalogueForm(id);
      expect(form?.shape.contextLength).toBe(contextLength);
      const layers = form?.tensors.filter(({ name }) => name.endsWith("ffn_down.weight"));
      expect(layers).toHaveLength(form?.shape.L ?? NaN);
      const weights = form?.tensors.reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0) ?? NaN;
      expect(sizeBytes / weights).toBeGreaterThan(0.5); // bytes a weight
      expect(sizeBytes / weights).toBeLessThan(1);
    },
  );

  it("knows nothing of a file outside the catalogue", () => {
    expect(catalogueForm("toString")).toBeNull();
  });
});

for (const { id, file } of catalogue) {
  const path = [join("models", file), join(cacheFolder(), file)].find((candidate) => existsSync(candidate));
  describe.skipIf(path === undefined)(`${file}, where it has been fetched`, () => {
    it("is as the catalogue says, and passes its own hashes, layers lying together, in blocks", async () => {
      const source: ByteSource = {
        read(offsetBytes, sizeBytes) {
          const bytes = new Uint8Array(sizeBytes);
          const handle = openSync(path ?? "", "r");
          const read = readSync(handle, bytes, 0, sizeBytes, offsetBytes);
          closeSync(handle);
          return Promise.resolve(bytes.subarray(0, read));
        },
      };
      const checkpoint = await withHashes((await readGguf(source, id)).checkpoint);
      expect(formOf(outlineOf(checkpoint))).toEqual(catalogueForm(id));
      const weights = new WeightSource(checkpoint, source, {
        layers: [{ first: 5, end: 7 }],
        head: false,
        embedding: false,
      });
      expect(await weights.layers(5, 7, "blocks")).toHaveLength(2);
      expect(weights.fetchedBytes).toBeLessThanOrEqual(weights.totalBytes * 1.02);
    }, 60_000);
  });
}
