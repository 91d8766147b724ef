import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { layerMs, type DeviceCosts } from "./costs.ts";
import { drifted, DriftMeter } from "./drift.ts";

const phone = PeerId.parse("phone_0001");
const costs: DeviceCosts = {
  layer: [
    { fromRows: 1, floorMs: 0.2, rowMs: 0.5, pairMs: 1e-4 },
    { fromRows: 9, floorMs: 1, rowMs: 0.3, pairMs: 1e-4 },
  ],
  frameMs: 0.4,
  head: { floorMs: 1, rowMs: 3 },
};
const stages = [
  { seat: "host", layers: 2, costs },
  { seat: phone, layers: 5, costs },
  { seat: "host", layers: 3, costs },
] as const;

/** A lap on which stage `i` takes `factors[i]` times what was measured. */
function lap(rows: number, cached: number, factors: readonly number[], dead = false) {
  const stageTimes = stages.map(({ layers }, stage) => {
    const ms = (costs.frameMs + layers * layerMs(costs.layer, rows, cached)) * factors[stage]!;
    return { stage, computeUs: Math.round(ms * 1000) };
  });
  return { rows, cached, dead, stageTimes };
}

it("a device's drift is the same whatever its frames carry", () => {
  const meter = new DriftMeter(stages);
  for (let i = 0; i < 20; i++) meter.observe(lap(i % 3 === 0 ? 64 : 1, 50 * i, [1, 1.6, 1]));
  expect(meter.factor(phone)).toBeCloseTo(1.6, 2);
  expect(meter.factor("host")).toBeCloseTo(1, 2);
  expect([...meter.factors().keys()]).toEqual(["host", phone]);
});

it("a few held-up frames change nothing, and many do soon", () => {
  const meter = new DriftMeter(stages);
  for (let i = 0; i < 100; i++) meter.observe(lap(1, i, [1, i % 8 === 0 ? 9 : 1, 1]));
  expect(meter.factor(phone)).toBeCloseTo(1, 2);
  for (let i = 0; i < 30; i++) meter.observe(lap(1, 100 + i, [1, 2.5, 1]));
  expect(meter.factor(phone)).toBeCloseTo(2.5, 2);
});

it("says nothing of few frames, of dead ones, and of devices that took no part", () => {
  const meter = new DriftMeter(stages);
  for (let i = 0; i < 15; i++) meter.observe(lap(1, i, [1, 2, 1]));
  for (let i = 0; i < 50; i++) meter.observe(lap(1, i, [1, 2, 1], true));
  meter.observe({ rows: 1, cached: 0, dead: false, stageTimes: [{ stage: 9, computeUs: 5 }] });
  expect(meter.factor(phone)).toBeNull();
  expect(meter.factor(PeerId.parse("other_0001"))).toBeNull();
});

it("what planning anew reckons with is all of a device, so much slower", () => {
  const slower = drifted(costs, 2);
  for (const [T, S] of [
    [1, 0],
    [8, 700],
    [200, 300],
  ] as const)
    expect(layerMs(slower.layer, T, S)).toBeCloseTo(2 * layerMs(costs.layer, T, S));
  expect(slower).toMatchObject({ frameMs: 0.8, head: { floorMs: 2, rowMs: 6 } });
  expect(drifted({ ...costs, head: null }, 2).head).toBeNull();
});
