/** Files that would be computed wrongly, or fail at a start, are refused when they are read. */
import { memoryByteSource, tinyCheckpoint, type TinyCheckpointOptions } from "@jupiter/testkit";
import { expect, it } from "vitest";
import { readGguf } from "./gguf.ts";

const read = (options: TinyCheckpointOptions) => readGguf(memoryByteSource(tinyCheckpoint(options)), "tiny");

it.each<[string, TinyCheckpointOptions, RegExp]>([
  [
    "positions stretched by YaRN",
    { metadata: { "llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": { float: 4 } } },
    /scaled \(yarn, factor 4\)/,
  ],
  ["positions stretched, as older files say it", { metadata: { "llama.rope.scale_linear": { float: 2 } } }, /linear/],
  ["heads that are rotated in part", { metadata: { "llama.rope.dimension_count": 8 } }, /8 of each head's 16/],
  ["one of several files", { metadata: { "split.count": 3 } }, /one of 3 parts/],
  ["a layer that lacks a matrix", { lacks: (name) => name === "blk.3.ffn_up.weight" }, /blk\.3\.ffn_up\.weight/],
  ["no last norm", { lacks: (name) => name === "output_norm.weight" }, /output_norm/],
  ["more layers than any model has", { metadata: { "llama.block_count": 4294967295 } }, /L = 4294967295/],
])("%s", async (_what, options, message) => {
  await expect(read(options)).rejects.toThrow(message);
});

it("a factor of one scales nothing", async () => {
  const metadata = { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": { float: 1 } };
  const { checkpoint } = await read({ metadata: { ...metadata, "llama.rope.dimension_count": 16 } });
  expect(checkpoint.shape.L).toBe(4);
});
