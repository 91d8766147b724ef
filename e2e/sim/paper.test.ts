import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { runSchedules, plainPipeline } from "@jupiter/simulator";
import { latencySplit } from "./latency-split.ts";
import { error, idealCells, leads, meanError, Paper, predict, predictAll, reversals } from "./paper.ts";
import { CLEAR_GAP, comparison, idealCollectives } from "./paper-tables.ts";

const file = new URL("../bench/scenarios/paper.json", import.meta.url);
const paper = Paper.parse(JSON.parse(readFileSync(file, "utf8")));
const cells = predictAll(paper);

it("predicts the published table from at most ten of its 66 cells", () => {
  expect(cells).toHaveLength(66);
  expect(cells.filter(({ isCalibrated }) => isCalibrated).length).toBeLessThanOrEqual(10);
  expect(meanError(cells)).toBeLessThan(0.06);
  expect(Math.max(...cells.map((cell) => Math.abs(error(cell))))).toBeLessThan(0.15);
  expect(reversals(cells, CLEAR_GAP)).toEqual([]);
  expect(comparison(paper, cells)).toContain("No ranking is reversed");
});

it("a reversed ranking would be told", () => {
  const setting = { environment: "A", mbit: 1, model: "m", isCalibrated: false };
  const of = (system: "galaxy" | "jupiter", publishedS: number, predictedS: number) =>
    ({ ...setting, system, publishedS, predictedS }) as const;
  expect(reversals([of("jupiter", 10, 12), of("galaxy", 12, 11)], CLEAR_GAP)).toHaveLength(1);
  expect(reversals([of("jupiter", 10, 12), of("galaxy", 11, 11)], CLEAR_GAP)).toEqual([]);
});

it("without gloo's cost, tensor parallelism is a real rival on fast links, and Jupiter hardly changes", () => {
  const setting = { environment: "A", mbit: 1000, model: "7B" };
  const ratio = (system: "megatron" | "jupiter") =>
    predict(paper, setting, system, "ideal") / predict(paper, setting, system);
  expect(ratio("megatron")).toBeLessThan(0.5);
  expect(ratio("jupiter")).toBeGreaterThan(0.98);
});

it("EdgeShard split for latency is never slower than split by the slowest stage, and in Env B much faster", () => {
  const ideal = idealCells(paper, cells);
  const of = (system: string) => ideal.filter((cell) => cell.system === system);
  expect(of("edgeshard-latency")).toHaveLength(12);
  of("edgeshard").forEach(({ idealS, glooS }, i) => {
    const latency = of("edgeshard-latency")[i]!;
    expect(latency.idealS).toBeLessThanOrEqual(idealS);
    expect(latency.glooS).toBeLessThanOrEqual(glooS);
  });
  const least = (over: string) =>
    Math.min(...leads(ideal).flatMap((lead) => (lead.over === over && lead.environment === "B" ? lead.times : [])));
  expect(least("edgeshard")).toBeGreaterThan(2);
  expect(least("edgeshard-latency")).toBeLessThan(1.7);
  expect(idealCollectives(ideal)).toContain("EdgeShard, split for latency");
});

it("no other split of a plain pipeline takes less than the one for latency", () => {
  const link = { mbitPerS: 20, perMessageBytes: 5000 };
  const speeds = [5, 3, 4];
  const task = {
    ...{ L: 6, H: 1, rowBytes: 1000, promptTokens: 20, newTokens: 4 },
    devices: speeds.map((rowMs) => ({ layer: [{ fromRows: 1, floorMs: 1, rowMs, pairMs: 0.01 }] })),
  };
  const network = { devices: ["a", "b", "c"], shapeOf: () => link, mediumOf: () => null, seed: 1 };
  const msOf = (layers: readonly number[]) =>
    runSchedules(plainPipeline(task, layers), network).marks.get("last token")!;
  const all: number[] = [];
  for (let a = 1; a < task.L; a++) for (let b = 0; a + b <= task.L; b++) all.push(msOf([a, b, task.L - a - b]));
  const split = latencySplit(task, link);
  expect(split).toEqual([1, 5, 0]);
  expect(msOf(split)).toBeCloseTo(Math.min(...all));
});
