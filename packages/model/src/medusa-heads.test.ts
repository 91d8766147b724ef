import { memoryByteSource, safetensors, withHeader } from "@jupiter/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModelError } from "./errors.ts";
import { loadMedusaHeads } from "./medusa-heads.ts";
import { readSafetensors, readTensor } from "./safetensors.ts";

const values = (length: number, first = 0) => Float32Array.from({ length }, (_, i) => first + i / 8);
const D = 4;
const head = (k: number) => ({
  [`medusa_head.${k}.0.linear.weight`]: { dims: [D, D], data: values(D * D, k) },
  [`medusa_head.${k}.0.linear.bias`]: { dims: [D], data: values(D, -k) },
});
const FILE = safetensors({ ...head(1), ...head(2) });

const entry = (change: object) =>
  withHeader(JSON.stringify({ a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16], ...change } }), 16);

describe("safetensors", () => {
  it("reads what was written, half precision too", async () => {
    const entries = await readSafetensors(memoryByteSource(FILE));
    expect(entries.map(({ name, dims }) => [name, dims])).toEqual(
      [1, 2].flatMap((k) => Object.entries(head(k)).map(([name, { dims }]) => [name, dims])),
    );
    const halves = withHeader(
      JSON.stringify({
        f: { dtype: "F16", shape: [2], data_offsets: [0, 4] },
        b: { dtype: "BF16", shape: [2], data_offsets: [4, 8] },
      }),
      8,
      [new Float32Array(Uint16Array.of(0x3c00, 0xc100, 0x3f80, 0xc020).buffer)],
    );
    const source = memoryByteSource(halves);
    const [f, b] = await readSafetensors(source);
    expect([...(await readTensor(source, f!)), ...(await readTensor(source, b!))]).toEqual([1, -2.5, 1, -2.5]);
  });

  it.each([
    ["nothing", new Uint8Array(), "truncated"],
    ["a header that is longer than the file", FILE.subarray(0, 40), "truncated"],
    ["a header of 2^60 bytes", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 16, 1), "unsupported"],
    ["a list", withHeader("[]", 0), "unsupported"],
    ["no JSON", withHeader("{]", 0), "unsupported"],
    ["another type", entry({ dtype: "I64" }), "unsupported"],
    ["negative dims", entry({ shape: [-2, -2] }), "limits"],
    ["no dims", entry({ shape: [] }), "limits"],
    ["dims beyond every memory", entry({ shape: [2 ** 40, 2 ** 40] }), "limits"],
    ["offsets of another size", entry({ data_offsets: [0, 8] }), "limits"],
    ["offsets that are no numbers", entry({ data_offsets: ["0", "16"] }), "limits"],
    ["offsets before the data", entry({ data_offsets: [-16, 0] }), "limits"],
    ["null for an entry", withHeader('{"a":null}', 0), "unsupported"],
  ])("refuses %s", async (_, bytes, reason) => {
    await expect(readSafetensors(memoryByteSource(bytes))).rejects.toMatchObject({ name: "ModelError", reason });
  });

  it("reads or refuses any bytes, and nothing else happens", async () => {
    const cut = fc.record({ at: fc.nat(FILE.length - 1), byte: fc.nat(255), end: fc.nat(FILE.length) });
    await fc.assert(
      fc.asyncProperty(cut, async ({ at, byte, end }) => {
        const bytes = FILE.slice(0, end);
        bytes[at] = byte;
        await loadMedusaHeads(memoryByteSource(bytes), D).catch((error: unknown) =>
          expect(error).toBeInstanceOf(ModelError),
        );
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe("Medusa heads", () => {
  it("come in order, with their blocks", async () => {
    const heads = await loadMedusaHeads(memoryByteSource(FILE), D);
    expect(heads).toHaveLength(2);
    expect(heads[1]?.[0]?.weight).toEqual(values(D * D, 2));
    expect(heads[1]?.[0]?.bias).toEqual(values(D, -2));
  });

  it.each([
    [safetensors({ other: { dims: [2], data: values(2) } }), D, "missing-tensor"],
    [FILE, 8, "shape"],
    [safetensors({ "medusa_head.1.0.linear.weight": { dims: [D, D], data: values(D * D) } }), D, "missing-tensor"],
  ] as const)("that are none are refused", async (bytes, hidden, reason) => {
    await expect(loadMedusaHeads(memoryByteSource(bytes), hidden)).rejects.toMatchObject({ reason });
  });
});
