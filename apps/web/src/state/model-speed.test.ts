import { catalogueForm } from "@jupiter/model/catalogue";
import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import type { FinishedAnswer } from "../engine/api.ts";
import { measuredSpeed, paceOf, speedOf } from "./model-speed.ts";

const [small, large] = ["smollm2-135m-instruct", "qwen2.5-coder-1.5b-instruct"].map((id) => catalogueForm(id)!);
const anna = PeerId.parse("anna0000");
const alone = { donors: [], backend: "auto" };
const times = { tokensPerSecond: 50, stageMs: [12], headMs: 4 };

it("the model that answered is as fast as it was, a larger one slower by the weights that it reads", () => {
  const measured = measuredSpeed(small!, times, alone);
  expect(measured).toMatchObject({ layersMs: 12, headMs: 4, restMs: 4 });
  expect(speedOf(small!, measured, alone)).toBeCloseTo(50);
  const slower = speedOf(large!, measured, alone)!;
  // Its layers hold some twelve times the bytes, its head eight times the weights.
  expect(slower).toBeGreaterThan(50 / 13);
  expect(slower).toBeLessThan(50 / 7);
});

it("what a ring took says nothing of other devices, or of another way to compute", () => {
  const ring = { donors: [anna], backend: "auto" };
  const measured = measuredSpeed(small!, times, ring);
  expect(speedOf(small!, measured, ring)).not.toBeNull();
  expect(speedOf(small!, measured, alone)).toBeNull();
  expect(speedOf(small!, measured, { ...ring, backend: "wasm" })).toBeNull();
  expect(speedOf(small!, null, alone)).toBeNull();
});

it("an answer that came quicker than its parts add up to leaves nothing for links, and no less", () => {
  expect(measuredSpeed(small!, { ...times, tokensPerSecond: 100 }, alone).restMs).toBe(0);
});

it("an answer’s pace counts where it came token by token, and was long enough", () => {
  const timings = { promptTokens: 9, reusedTokens: 0, prefillMs: 1, timeToFirstTokenMs: 1, decodeMs: 900, laps: 10 };
  const answer: FinishedAnswer = {
    kind: "finished",
    id: "a",
    finish: "stop",
    reason: null,
    ids: [],
    text: "",
    output: Array<number>(10).fill(1),
    timings,
  };
  expect(paceOf(answer)).toBeCloseTo(10);
  expect(paceOf({ ...answer, output: [1, 2] })).toBeNull();
  expect(paceOf({ ...answer, branches: [] })).toBeNull();
  const counts = { frames: 5, rows: 9, drafted: 4, accepted: 2, cancelled: 0, drafters: [] };
  expect(paceOf({ ...answer, timings: { ...timings, counts } })).toBeNull();
});
