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
  lapMs: ms - 5 + queuedMs,
  headMs: 5,
  stageTimes: [{ stage: 0, computeUs: 1000 * (ms - 5), queueUs: 1000 * queuedMs }],
  ...more,
});

it("takes a further row for a third of the first until laps of several sizes were seen", () => {
  const costs = new LapCosts();
  expect(costs.costOf(4)).toBeCloseTo(2);
  for (let i = 0; i < 50; i++) costs.observe(lap(1, 60));
  expect(costs.costOf(1)).toBeCloseTo(60);
  expect(costs.costOf(4)).toBeCloseTo(120);
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
