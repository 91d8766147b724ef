import { expect, test } from "vitest";
import { inLayer, layerOf, partOf } from "./tensor-names.ts";

test.each([
  ["blk.0.attn_q.weight", 0],
  ["blk.12.ffn_down.weight", 12],
  ["token_embd.weight", null],
  ["output.weight", null],
  ["blk.x.attn_q.weight", null],
  ["blk.1", null],
  ["old.blk.1.attn_q.weight", null],
])("the layer of %s is %s", (name, layer) => {
  expect(layerOf(name)).toBe(layer);
});

test("a name is its layer and its part", () => {
  const name = inLayer(12, "attn_q.weight");
  expect([layerOf(name), partOf(name)]).toEqual([12, "attn_q.weight"]);
});
