import { expect, it } from "vitest";
import { layerMs, type LayerCost } from "./costs.ts";
import { fitLayer } from "./fit.ts";

const cost: LayerCost = [
  { fromRows: 1, floorMs: 0.4, rowMs: 1.5, pairMs: 2e-4 },
  { fromRows: 9, floorMs: 1, rowMs: 0.3, pairMs: 1e-4 },
];
const points = [
  [1, 0],
  [1, 768],
  [8, 0],
  [32, 0],
  [32, 768],
  [128, 0],
  [256, 0],
] as const;
const timesOf = (noise: (i: number) => number) =>
  points.map(([T, S], i) => ({ T, S, ms: layerMs(cost, T, S) * (1 + noise(i)) }));

it("finds the pieces that times came from, and what it does not explain", () => {
  const { layer, error } = fitLayer(timesOf(() => 0));
  expect(error).toBeLessThan(1e-6);
  for (const [T, S] of [...points, [4, 100], [200, 2000]] as const)
    expect(layerMs(layer, T, S) / layerMs(cost, T, S)).toBeCloseTo(1, 4);
  const noisy = fitLayer(timesOf((i) => (i % 2 === 0 ? 0.05 : -0.05)));
  expect(noisy.error).toBeGreaterThan(0.005);
  expect(noisy.error).toBeLessThan(0.06);
});

it("never has times that fall with more rows or tokens, however few and noisy the points", () => {
  const falling = fitLayer([
    { T: 1, S: 0, ms: 5 },
    { T: 32, S: 0, ms: 4 },
  ]);
  for (const { floorMs, rowMs, pairMs } of falling.layer)
    expect(Math.min(floorMs, rowMs, pairMs)).toBeGreaterThanOrEqual(0);
  expect(fitLayer([{ T: 1, S: 0, ms: 5 }]).error).toBeCloseTo(0);
  const line = fitLayer([
    { T: 1, S: 0, ms: 2 },
    { T: 32, S: 0, ms: 33 },
  ]);
  expect(layerMs(line.layer, 16, 0)).toBeCloseTo(17, 0);
});

it("without a time there is nothing to fit", () => {
  expect(() => fitLayer([{ T: 1, S: 0, ms: 0 }])).toThrow("at least one measured time");
});
