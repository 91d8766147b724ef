/** Qwen2.5-Coder-0.5B by three donors on wasm: another architecture (biases, other block types), weights that no phone's tab would hold alone. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { askForced, askFree } from "../golden-check-ring.ts";
import { goldenCases } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";

const EACH_CASE = goldenCases("qwen2.5-coder-0.5b-instruct-q4_k_m").map((golden) => [golden.id, golden] as const);
let ring: OpenRing;

beforeAll(async () => {
  ring = await openRing({ model: "qwen2.5-coder-0.5b-instruct", tabs: 3 });
});

afterAll(() => ring[Symbol.asyncDispose]());

it.each(EACH_CASE)("%s: the golden answer, and the golden choice at every step", async (_, golden) => {
  expect((await askFree(ring, golden)).faults).toEqual([]);
  expect((await askForced(ring, golden)).faults).toEqual([]);
});
