import { layerMs } from "@jupiter/planner";
import { expect, it } from "vitest";
import { parse, Scenario } from "../ring/scenario.ts";
import { agreement } from "./agreement.ts";
import { asMeasured, fitSinglesAndChunks, measuredRing, MeasuredReport } from "./measured-costs.ts";
import { runSimulation } from "./run-sim.ts";

const say = () => undefined;

it("finds the costs that made the points, in both pieces", () => {
  const single = (S: number) => ({ T: 1, S, ms: 2 + 0.001 * (S + 1) });
  const many = (T: number, S: number) => ({ T, S, ms: 1 + 0.3 * T + 0.0002 * T * (S + T) });
  const points = [...[10, 200, 700].map(single), many(64, 0), many(64, 64), many(64, 640), many(20, 300)];
  const cost = fitSinglesAndChunks(points);
  for (const { T, S, ms } of points) expect(layerMs(cost, T, S)).toBeCloseTo(ms, 6);
});

it("never lets a term run below zero", () => {
  const cost = fitSinglesAndChunks([
    { T: 1, S: 0, ms: 3 },
    { T: 1, S: 500, ms: 2 },
  ]);
  expect(cost[0]?.pairMs).toBe(0);
  expect(cost[0]?.floorMs).toBeGreaterThan(2);
});

it("times that scatter are fitted by their mean, not below it", () => {
  const scatter = [0.5, 0.7, 0.9, 1.1, 1.8];
  const points = [100, 300, 500, 700].flatMap((S) =>
    scatter.map((by) => ({ T: 1, S, ms: by * (2 + 0.002 * (S + 1)) })),
  );
  const cost = fitSinglesAndChunks(points);
  for (const S of [100, 700]) expect(layerMs(cost, 1, S)).toBeCloseTo(2 + 0.002 * (S + 1), 6);
});

it("a report of another model is refused", () => {
  const report = { run: { plan: [{ seat: "donor", first: 0, end: 30 }], laps: [{ laps: [] }] } };
  const scenario = parse(Scenario, { prompts: [{ id: "x", promptTokens: 1 }] }, "test");
  expect(() => asMeasured(scenario, report, { L: 24, D: 8 })).toThrow("a model with 30 layers; the scenario's has 24");
});

it("a simulation from a simulated run's measurements predicts another prompt of the same ring", async () => {
  const layer = [
    { fromRows: 1, floorMs: 2, rowMs: 0, pairMs: 0.001 },
    { fromRows: 2, floorMs: 0, rowMs: 0.3, pairMs: 0.0002 },
  ];
  const ring = {
    shape: { L: 12, D: 500 },
    devices: [
      { name: "host", time: { layer: [{ floorMs: 0, rowMs: 0 }], head: { floorMs: 6, rowMs: 0 } } },
      { name: "donor 1", time: { layer } },
      { name: "donor 2", time: { layer } },
    ],
    layers: [5, 7],
    links: [{ delayMs: 2, mbitPerS: 400 }],
  };
  const folder = ".";
  const run = (fields: object, promptTokens: number) =>
    runSimulation(parse(Scenario, { ...ring, ...fields, prompts: [{ id: "x", promptTokens, tokens: 20 }] }, "test"), {
      folder,
      say,
    });
  // Seats as names: the simulated report has no others.
  const report = parse(MeasuredReport, await run({}, 300), "report");
  const { devices, link } = measuredRing(report, 2000);
  const [measured, truth] = [await run({ devices, links: [link] }, 700), await run({}, 700)];
  const ratio = (of: "prefillMs" | "decodeMs") => measured.cases[0]![of] / truth.cases[0]![of];
  expect(Math.abs(ratio("prefillMs") - 1)).toBeLessThan(0.02);
  expect(Math.abs(ratio("decodeMs") - 1)).toBeLessThan(0.02);
});

it("agreement tells every case and the mean error", () => {
  const mine = { id: "a", prefillMsPerToken: 11, decodeMsPerToken: 45 };
  const text = agreement([mine], [{ ...mine, prefillMsPerToken: 10, decodeMsPerToken: 50 }], "real");
  expect(text).toContain("a, prefill: real 10.00 ms a token, simulated 11.00 (10.0 %)");
  expect(text).toContain("mean error of decode: 10.0 %");
  expect(agreement([mine], [{ ...mine, id: "b" }], "real")).toMatch(/No case/);
});
