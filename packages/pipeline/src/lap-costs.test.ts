import { expect, it } from "vitest";
import type { LapEvent } from "./host-driver.ts";
import { LapCosts } from "./lap-costs.ts";

const lap = (rows: number, ms: number, queuedMs = 0, more: Partial<LapEvent> = {}): LapEvent => ({
  kind: "lap",
  frame: 1,
  rows,
  cached: 100,
  wanted: true,
  dead: false,
  atMs: 0,
  lapMs: ms - 5 + queuedMs,
  headMs: 5,
  stageTimes: [{ stage: 0, computeUs: 1000 * (ms - 5), queueUs: 1000 * queuedMs }],
  ...more,
});

it("takes the second row of a pair for a quarter of the first until laps of several sizes were seen", () => {
  const costs = new LapCosts();
  expect([1, 2, 3, 4].map(costs.costOf)).toEqual([1, 1.25, 2.25, 2.5]);
  for (let i = 0; i < 50; i++) costs.observe(lap(1, 60));
  expect(costs.costOf(1)).toBeCloseTo(60);
  expect(costs.costOf(4)).toBeCloseTo(150);
});

it("learns that rows cost nothing, as on a GPU, from laps of one and of two rows", () => {
  const costs = new LapCosts();
  for (let i = 0; i < 40; i++) costs.observe(lap(1 + (i % 2), 60));
  expect(costs.costOf(2) / costs.costOf(1)).toBeLessThan(1.05);
  expect(costs.costOf(8) / costs.costOf(1)).toBeLessThan(2); // 5 at first
});

it("counts the head with the stage that has it: that may be the slowest", () => {
  const stageTimes = [30, 25].map((ms, stage) => ({ stage, computeUs: 1000 * ms, queueUs: 0 }));
  const slowest = (more: Partial<LapEvent>) => {
    const costs = new LapCosts();
    for (let i = 0; i < 50; i++) costs.observe(lap(1, 75, 0, { headMs: 20, stageTimes, ...more }));
    return costs.stageMsOf(1);
  };
  expect(slowest({})).toBeCloseTo(30);
  expect(slowest({ headAt: "last" })).toBeCloseTo(45);
});

it("learns what rows cost, queues and stalls aside", () => {
  const costs = new LapCosts();
  for (let i = 0; i < 100; i++) {
    const rows = 1 + (i % 4);
    costs.observe(lap(rows, 60 + 3 * (rows - 1), i % 7));
    if (i % 10 === 9) costs.observe(lap(rows, 900));
    costs.observe(lap(64, 2000));
    costs.observe(lap(1, 1, 0, { dead: true }));
  }
  expect(costs.costOf(1)).toBeCloseTo(60, -1);
  expect(costs.costOf(4) / costs.costOf(1)).toBeLessThan(1.25);
  expect(costs.costOf(4)).toBeGreaterThan(costs.costOf(1));
});
