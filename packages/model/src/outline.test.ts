import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { expect, it } from "vitest";
import { readGguf } from "./gguf.ts";
import { formOf, mainType, outlineOf } from "./outline.ts";

const typeOf = (name: string) => (name === "blk.2.ffn_down.weight" ? "Q8_0" : "Q4_1");
const { checkpoint } = await readGguf(memoryByteSource(tinyCheckpoint({ architecture: "qwen2", typeOf })), "tiny");

it("says of layers that are alike what they are once, and of all of them what the header says", () => {
  const outline = outlineOf(checkpoint);
  expect(outline.layers).toEqual([0, 0, 1, 0]);
  expect(outline.others.map(({ name }) => name)).toEqual(["token_embd.weight", "output_norm.weight"]);
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  const forms = checkpoint.tensors.map(({ name, type, dims }) => ({ name, type, dims }));
  expect([...formOf(outline).tensors].sort(byName)).toEqual(forms.sort(byName));
});

it("names the type of most weights", () => {
  expect(mainType(checkpoint)).toBe("Q4_1");
});
