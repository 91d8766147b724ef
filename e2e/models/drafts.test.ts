/** Drafters with real models: every golden case of Qwen2.5-Coder-1.5B by four donors, guessed for by prompt lookup, by Coder-0.5B, and by both. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askGuessing, untried, type Guesses } from "../golden-check-ring.ts";
import { goldenCases } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";

const CASES = goldenCases("qwen2.5-coder-1.5b-instruct-q4_k_m");
const EACH_CASE = CASES.map((golden) => [golden.id, golden] as const);
const guessed: Guesses[] = [];
let ring: OpenRing;

beforeAll(async () => {
  const draft = "lookup,model:qwen2.5-coder-0.5b-instruct";
  ring = await openRing({ model: "qwen2.5-coder-1.5b-instruct", tabs: 4, draft });
});

afterAll(() => ring[Symbol.asyncDispose]());

describe.each([
  ["window", ["lookup"]],
  ["window", ["model"]],
  ["window", ["lookup", "model"]],
  ["continuous", ["lookup"]],
  ["continuous", ["model"]],
  ["continuous", ["lookup", "model"]],
] as const)("%s, %j", (strategy, drafters) => {
  it.each(EACH_CASE)("%s: the golden answer, freely and forced", async (_, golden) => {
    const { faults, said, guesses } = await askGuessing(ring, golden, { strategy, drafters });
    console.log(said);
    guessed.push(guesses);
    expect(faults).toEqual([]);
  });
});

it("over all cases every drafter's guesses were sent, and some held, and some did not", () => {
  expect(untried(["lookup", "model"], guessed)).toEqual([]);
});
