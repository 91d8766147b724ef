import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { error, meanError, Paper, predict, predictAll, reversals } from "./paper.ts";
import { CLEAR_GAP, comparison } from "./paper-tables.ts";

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
