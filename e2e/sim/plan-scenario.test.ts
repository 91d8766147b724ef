import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readJson } from "../ring/run.ts";
import { parse, Scenario, type ScenarioFields } from "../ring/scenario.ts";
import { summary } from "../ring/summary.ts";
import { runSimulation } from "./run-sim.ts";

const folder = fileURLToPath(new URL("../..", import.meta.url));
const run = (fields: ScenarioFields) =>
  runSimulation(parse(Scenario, fields, "test"), { folder, say: () => undefined });

const layer = [
  { floorMs: 4, rowMs: 0 },
  { fromRows: 2, floorMs: 4, rowMs: 0.5 },
];
const slower = (factor: number) => ({
  layer: layer.map((piece) => ({ ...piece, floorMs: factor * piece.floorMs, rowMs: factor * piece.rowMs })),
});
const three: ScenarioFields = {
  shape: { L: 12, D: 64, layerBytes: 10 },
  devices: [
    { name: "host", time: { ...slower(1), head: { floorMs: 8, rowMs: 1 } } },
    { name: "a", time: slower(1) },
    { name: "slow", time: slower(2) },
  ],
  links: [{ mbitPerS: 50, delayMs: 2 }],
  hostLayers: "first",
  objective: "first-token",
  prompts: [{ id: "one", promptTokens: 200, tokens: 9 }],
};
const layersOf = async (fields: ScenarioFields) => {
  const { run: report } = await run(fields);
  return Object.fromEntries(report.plan.map(({ device, first, end }) => [device, end - first]));
};

describe("a scenario without layers is split by the planner", () => {
  it("the slower device gets fewer, and what is foretold comes true on the simulator's clock", async () => {
    const report = await run(three);
    const counts = await layersOf(three);
    expect(counts["slow"]).toBeLessThan(counts["a"]!);
    const [answer] = report.cases;
    expect(answer!.foretold!.prefillMsPerToken / answer!.prefillMsPerToken).toBeCloseTo(1, 2);
    expect(answer!.foretold!.decodeMsPerToken! / answer!.decodeMsPerToken!).toBeCloseTo(1, 2);
    expect(summary(report)).toContain("foretold");
  });

  it("for long answers and short prompts, whoever slows every token down is left out", async () => {
    const links = [{ mbitPerS: 50, delayMs: 20 }];
    const prompts = [{ id: "one", promptTokens: 8, tokens: 200 }];
    expect(await layersOf({ ...three, objective: "workload", links, prompts })).not.toHaveProperty("slow");
  });

  it("memory is a limit, and what does not fit is said", async () => {
    const small = (sizeBytes: number) =>
      three.devices!.map((device, i) => (i === 1 ? { ...device, memoryBytes: sizeBytes } : device));
    expect((await layersOf({ ...three, devices: small(20) }))["a"]).toBe(2);
    const none = three.devices!.map((device) => ({ ...device, memoryBytes: 30 }));
    await expect(run({ ...three, devices: none })).rejects.toThrow("can hold 9 of 12 layers");
  });

  it("layers that are given stay, and are foretold too", async () => {
    const report = await run({ ...three, layers: [4, 4, 4], chunk: 50, inFlight: 16 });
    expect(report.run.plan.map(({ device, end }) => [device, end])).toEqual([
      ["host", 4],
      ["a", 8],
      ["slow", 12],
    ]);
    const [answer] = report.cases;
    expect(answer!.foretold!.prefillMsPerToken / answer!.prefillMsPerToken).toBeCloseTo(1, 2);
  });

  it("the head goes from a weak host to the last device where it may, and what is foretold of that comes true", async () => {
    const weak = readJson(`${folder}e2e/bench/scenarios/weak-host.json`) as ScenarioFields;
    const withHead = async (head: "host" | "last" | "best") => {
      const { run: report, cases } = await run({ ...weak, head });
      const { foretold, decodeMsPerToken } = cases[0]!;
      expect(foretold!.decodeMsPerToken! / decodeMsPerToken!).toBeCloseTo(1, 2);
      return { head: report.head, last: report.plan.at(-1)!.device, decodeMs: decodeMsPerToken! };
    };
    const [host, last, best] = [await withHead("host"), await withHead("last"), await withHead("best")];
    expect(host.head).toBe("phone");
    expect([last.head, best.head]).toEqual([last.last, best.last]);
    expect(last.decodeMs).toBeLessThan(0.8 * host.decodeMs);
    expect(best.decodeMs).toBeCloseTo(last.decodeMs, 6);
    const [phone, ...laptops] = weak.devices!;
    const strong = { ...weak, devices: [{ ...laptops[0]!, name: "host" }, phone!] };
    expect((await run({ ...strong, head: "best" })).run.head).toBe("host");
    const untimed = laptops.map((laptop) => ({ ...laptop, time: { ...laptop.time!, head: null } }));
    await expect(run({ ...weak, devices: [phone!, ...untimed] })).rejects.toThrow("laptop 1 has no time.head");
  });

  it("is told where a link or a machine is one that the planner knows nothing of", async () => {
    const toldOf = async (fields: object) =>
      /^What is foretold does not know of .*$/m.exec(summary(await run({ ...three, ...fields })))?.[0];
    expect(await toldOf({})).toBeUndefined();
    const machines = { box: { cores: 2 } };
    const boxed = three.devices!.map((device) => ({ ...device, machine: "box" }));
    const [link] = three.links!;
    const links = [{ ...link, loss: 0.01, jitterMs: 1, medium: "air" }];
    expect(await toldOf({ links, machines, devices: boxed })).toBe(
      "What is foretold does not know of loss, jitter (only its mean), links that share a medium, devices that share cores.",
    );
    expect(await toldOf({ machines: { box: { cores: 3 } }, devices: boxed })).toBeUndefined();
  });

  it("guesses have no foretold time", async () => {
    const report = await run({ ...three, strategy: "window" });
    expect(report.cases[0]!.foretold!.decodeMsPerToken).toBeNull();
  });
});
