/** SmolLM2-135M by two donors on WebGPU. The browser's software adapter takes seconds a token, so only the short cases. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { askFree } from "../golden-check-ring.ts";
import { goldenCases } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";

const SHORT_CASES = goldenCases("smollm2-135m-instruct-q4_1")
  .filter(({ id }) => id === "capital" || id === "multi-turn")
  .map((golden) => [golden.id, golden] as const);
let ring: OpenRing;

beforeAll(async () => {
  ring = await openRing({ tabs: 2, backend: "webgpu", layers: [15, 15] });
});

afterAll(() => ring[Symbol.asyncDispose]());

it.each(SHORT_CASES)("%s: the golden answer", async (_, golden) => {
  const { answer, faults } = await askFree(ring, golden);
  expect(faults).toEqual([]);
  expect(answer.output).toEqual(golden.greedy);
});
