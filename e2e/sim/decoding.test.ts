import { beforeAll, describe, expect, it } from "vitest";
import { recordedTrace } from "../ring/emulate-tabs.ts";
import { DecodingCases, harmonicMean, root } from "./decoding-cases.ts";
import { decodingStudy, decodingTables, type DecodingStudy } from "./decoding.ts";

describe("decoding four boards' ring on paper, beside plain decoding", () => {
  let study: DecodingStudy;
  const timesOf = (name: string) => study.alone.get(name)!.map(({ times }) => times);
  const mean = (name: string, kind: string) =>
    harmonicMean(study.alone.get(name)!.flatMap(({ category, times }) => (category === kind ? [times] : [])));

  beforeAll(async () => {
    study = await decodingStudy();
  }, 300_000);

  it("one answer: at least 2.9 times as fast with small windows that never wait, code 4.6, and none below 1.8", () => {
    const times = timesOf("continuous, planned layers, tree");
    expect(times.length).toBeGreaterThanOrEqual(24);
    expect(harmonicMean(times)).toBeGreaterThan(2.9);
    expect(mean("continuous, planned layers, tree", "coding")).toBeGreaterThan(4.6);
    expect(Math.min(...times)).toBeGreaterThan(1.8);
    expect(harmonicMean(timesOf("one window of four guesses"))).toBeGreaterThan(1.65);
  });

  it("lookup beside the drafter costs at most 3 %", () => {
    const both = harmonicMean(timesOf("the same, and lookup"));
    expect(both).toBeGreaterThan(0.97 * harmonicMean(timesOf("continuous, planned layers, tree")));
  });

  it("a bad drafter is right in a fifth of places", () => {
    const { scenario } = new DecodingCases();
    const { cases } = recordedTrace({ ...scenario, recorded: { children: 3, rightPercent: 20 } }, root);
    const right = cases.flatMap(({ greedy, draftTop }) => draftTop.map(([best], i) => best?.[0] === greedy[i]));
    expect(right.filter(Boolean).length / right.length).toBeCloseTo(0.2, 1);
  });

  it("a drafter that is right in a fifth of places costs at most a twentieth", () => {
    expect(harmonicMean(timesOf("a drafter that is right in 20 %"))).toBeGreaterThan(0.95);
  });

  it("several at once: points of an outline, and conversations", () => {
    const { together } = study;
    expect(together.get("five points, no guesses")).toBeGreaterThan(3.8);
    expect(together.get("five points")).toBeGreaterThan(7);
    expect(together.get("four conversations")).toBeGreaterThan(6);
    expect(together.get("eight conversations")).toBeGreaterThan(9);
    expect(decodingTables(study)).toContain("| five points |");
  });
});
