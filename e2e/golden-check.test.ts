import { describe, expect, it } from "vitest";
import {
  compareForced,
  compareFree,
  compareRings,
  goldenCases,
  goldenReference,
  type Reference,
} from "./golden-check.ts";
import type { CaseResult } from "./ring/run.ts";

const TIE = 0.02;
const EOS = 2;
const reference: Reference = {
  id: "a",
  ids: [1, 10],
  tokens: [20, 21, 22, EOS],
  margins: [3, 0.01, 4, 5],
  finish: "stop",
  text: "abc",
};

function answer(output: readonly number[], change: Partial<CaseResult> = {}): CaseResult {
  const steps = output.map((token) => ({ chosen: token, margin: 1, token }));
  const times = { timeToFirstTokenMs: 1, prefillMs: 1, decodeMs: 1, laps: output.length, reusedTokens: 0 };
  return {
    id: "a",
    ids: [1, 10],
    output,
    text: "abc",
    finish: "stop",
    ...times,
    counts: null,
    steps,
    outline: [],
    branches: [],
    ...change,
  };
}

function forced(chosen: readonly number[]): CaseResult {
  return answer(reference.tokens, {
    steps: chosen.map((id, i) => ({ chosen: id, margin: 1, token: reference.tokens[i] ?? -1 })),
  });
}

describe("free-running", () => {
  it("the same ids, eos, end and text hold", () => {
    expect(compareFree(answer([20, 21, 22, EOS]), reference, TIE)).toEqual({
      faults: [],
      ties: [],
      differing: 0,
      compared: 4,
    });
  });

  it.each([
    ["another token where the lead is wide", answer([99, 21, 22, EOS]), "step 0: 99 instead of 20"],
    [
      "another token at a wide lead after a narrow one that agreed",
      answer([20, 21, 99, EOS]),
      "step 2: 99 instead of 22",
    ],
    ["an answer without its eos", answer([20, 21, 22], { finish: "length" }), "step 3: nothing instead of 2"],
    ["an answer that goes on", answer([20, 21, 22, EOS, 7]), "step 4: 7 instead of nothing"],
    ["other prompt ids", answer([20, 21, 22, EOS], { ids: [1, 11] }), "the prompt's 2 ids"],
    ["another end", answer([20, 21, 22, EOS], { finish: "length" }), "length instead of stop"],
    ["another text", answer([20, 21, 22, EOS], { text: "abd" }), "abd"],
  ])("%s is a fault", (_, result, fault) => {
    expect(compareFree(result, reference, TIE).faults).toEqual([expect.stringContaining(fault)]);
  });

  it("from a tie on, the texts may part", () => {
    expect(compareFree(answer([20, 99, 98], { finish: "length" }), reference, TIE)).toEqual({
      faults: [],
      ties: [1],
      differing: 1,
      compared: 2,
    });
  });
});

describe("forced", () => {
  it("holds every step to the reference by itself, ties counted", () => {
    expect(compareForced(forced([20, 99, 22, EOS]), reference, TIE)).toEqual({
      faults: [],
      ties: [1],
      differing: 1,
      compared: 4,
    });
    const { faults, differing } = compareForced(forced([20, 99, 98, 97]), reference, TIE);
    expect(faults).toEqual([
      expect.stringContaining("step 2: 98 instead of 22"),
      expect.stringContaining("step 3: 97 instead of 2"),
    ]);
    expect(differing).toBe(3);
  });

  it("missing steps are a fault", () => {
    expect(compareForced(forced([20, 21]), reference, TIE).faults).toEqual([
      expect.stringContaining("2 steps instead of 4"),
    ]);
  });
});

describe("rings of ours", () => {
  it("agree where choices and leads do", () => {
    expect(compareRings(answer([20, 21]), answer([20, 21]), TIE)).toEqual({
      faults: [],
      ties: [],
      differing: 0,
      compared: 2,
    });
  });

  it("another lead is a fault, whatever is chosen", () => {
    const steps = [1, 1.5].map((margin, i) => ({ chosen: 20 + i, margin, token: 20 + i }));
    expect(compareRings(answer([20, 21], { steps }), answer([20, 21]), TIE).faults).toEqual([
      "a, step 1: leads by 1.5 instead of 1",
    ]);
  });
});

it("golden files are references: as many margins as tokens", () => {
  const references = goldenCases("smollm2-135m-instruct-q4_1").map(goldenReference);
  expect(references.map(({ id }) => id)).toContain("very-long");
  for (const { tokens, margins } of references) expect(margins).toHaveLength(tokens.length);
});
