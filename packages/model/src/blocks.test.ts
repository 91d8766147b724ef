import { describe, expect, it } from "vitest";
import golden from "../golden/blocks.json";
import { BLOCKS, dequantize } from "./blocks.ts";
import type { BlockType } from "./shape.ts";

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));

describe("dequantize", () => {
  it.each(golden.map((g) => [g.type as BlockType, g] as const))(
    "%s unpacks to the independent unpacker's floats, bit for bit",
    (type, g) => {
      const expected = new Float32Array(bytesOf(g.floats).buffer);
      const out = new Float32Array(expected.length);
      dequantize(type, bytesOf(g.bytes), out);
      expect([...out]).toEqual([...expected]);
    },
  );

  it("covers every supported type", () => {
    expect(golden.map(({ type }) => type).sort()).toEqual(Object.keys(BLOCKS).sort());
  });

  it("refuses bytes that do not make whole blocks", () => {
    expect(() => dequantize("Q4_1", new Uint8Array(19), new Float32Array(32))).toThrow(/19 bytes/);
    expect(() => dequantize("Q4_1", new Uint8Array(20), new Float32Array(31))).toThrow(/Q4_1/);
  });
});
