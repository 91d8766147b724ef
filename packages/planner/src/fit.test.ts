import { expect, it } from "vitest";
import { layerMs, type LayerCost } from "./costs.ts";
import { fitHead, fitLayer } from "./fit.ts";

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

it("finds where a piece ends: a row alone, a few that share a pass, and many in tiles", () => {
  const three: LayerCost = [
    { fromRows: 1, floorMs: 1.6, rowMs: 0, pairMs: 1e-4 },
    { fromRows: 2, floorMs: 0.2, rowMs: 0.6, pairMs: 1e-4 },
    { fromRows: 17, floorMs: 3, rowMs: 0.2, pairMs: 1e-4 },
  ];
  const sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256];
  const times = [0, 768].flatMap((S) => sizes.map((T) => ({ T, S, ms: layerMs(three, T, S) })));
  const { layer, error } = fitLayer(times);
  expect(layer.map(({ fromRows }) => fromRows)).toEqual([1, 2, 17]);
  expect(error).toBeLessThan(1e-6);
  for (const [T, S] of [
    [1, 3000],
    [3, 100],
    [12, 50],
    [200, 2000],
  ] as const)
    expect(layerMs(layer, T, S) / layerMs(three, T, S)).toBeCloseTo(1, 4);
});

it("takes one piece where noise is all that more would explain", () => {
  const line: LayerCost = [{ fromRows: 1, floorMs: 0.5, rowMs: 0.3, pairMs: 0 }];
  const times = [1, 2, 4, 8, 16, 32, 64, 128].map((T, i) => ({
    T,
    S: 0,
    ms: layerMs(line, T, 0) * (i % 2 === 0 ? 1.01 : 0.99),
  }));
  expect(fitLayer(times).layer).toHaveLength(1);
});

it("a size measured alone says nothing of sizes between it and the next", () => {
  const times = [
    { T: 1, S: 0, ms: 1 },
    { T: 32, S: 0, ms: 4 },
    { T: 64, S: 0, ms: 8 },
  ];
  // A row taken for a floor would make 31 rows as cheap as one.
  expect(layerMs(fitLayer(times).layer, 31, 0)).toBeGreaterThan(2);
});

it("a head's line goes through what was measured, and never falls with its rows", () => {
  expect(
    fitHead([
      { rows: 1, ms: 5 },
      { rows: 4, ms: 14 },
    ]),
  ).toEqual({ floorMs: 2, rowMs: 3 });
  expect(
    fitHead([
      { rows: 1, ms: 5 },
      { rows: 4, ms: 3 },
    ]),
  ).toEqual({ floorMs: 5, rowMs: 0 });
  expect(
    fitHead([
      { rows: 1, ms: 2 },
      { rows: 4, ms: 50 },
    ]),
  ).toEqual({ floorMs: 0, rowMs: 2 });
  expect(fitHead([{ rows: 2, ms: 8 }])).toEqual({ floorMs: 0, rowMs: 4 });
  expect(() => fitHead([])).toThrow(RangeError);
});
