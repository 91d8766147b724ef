import { beforeAll, expect, it } from "vitest";
import { knownAnswerTest } from "./known-answer.ts";
import { configureOrt } from "./ort.ts";
import { SMOLLM2_SHAPE as shape } from "./smollm2-shape.ts";

beforeAll(() => configureOrt(1));

it.each([
  ["our own kernels", true],
  ["onnxruntime", false],
])("wasm passes in %s", async (_, kernels) => {
  const answer = await knownAnswerTest(shape, { backend: "wasm", type: "float", kernels });
  expect(answer).toMatchObject({ passed: true });
});

it("catches the software adapter's wrong attention on long frames, and passes it on short ones", async () => {
  const long = await knownAnswerTest(shape, { backend: "webgpu", type: "float" });
  expect(long.passed).toBe(false);
  expect(long.errors["one token"]).toBeLessThan(1e-4);
  const short = await knownAnswerTest(shape, { backend: "webgpu", type: "float", maxRows: 16 });
  expect(short).toMatchObject({ passed: true });
});
