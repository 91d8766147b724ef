/** Tabs that stand for other devices on another network: a host and a donor, over the tiny checkpoint and over a model that is not there. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tinyCheckpoint } from "@jupiter/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { emulatedTabs, emulateTabs } from "../ring/emulate-tabs.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { namesOf } from "../ring/report.ts";
import { readJson, runScenario } from "../ring/run.ts";
import { parse, Scenario, type ScenarioFields } from "../ring/scenario.ts";
import { runSimulation } from "../sim/run-sim.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
const model = join(folder, "tiny.gguf");
const PROMPT = { id: "story", text: "Once upon a time there was a ring of small devices.", tokens: 6 };
const LAYER_MS = 20;
const time = { layer: [{ floorMs: LAYER_MS, rowMs: 0 }], head: { floorMs: 5, rowMs: 0 } };
const emulated: ScenarioFields = {
  devices: [
    { name: "slow host", time },
    { name: "slow donor", time },
  ],
  links: [{ delayMs: 15 }],
  prompts: "none",
};
let ring: OpenRing;

beforeAll(async () => {
  writeFileSync(model, tinyCheckpoint());
  ring = await openRing({ model, tabs: 1, hostLayers: "first", chunk: 16 });
});

afterAll(async () => {
  await ring[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function emulate(fields: ScenarioFields) {
  const scenario = parse(Scenario, fields, "test");
  const names = await namesOf(ring.room, scenario);
  await emulateTabs(ring.room, scenario, names, folder);
  return names;
}

it("an emulated ring says what the real one says, in the emulated devices' time", async () => {
  const real = await ring.ask(PROMPT);
  const names = await emulate(emulated);
  await ring.restart({});
  const slow = await ring.ask(PROMPT);
  expect(slow.output).toEqual(real.output);
  const layers = ring.ring.places.reduce((sum, { layers }) => sum + layers.end - layers.first, 0);
  // Not before the emulated devices could have said it: layers, head, and the links there and back.
  expect(slow.decodeMs).toBeGreaterThanOrEqual((slow.output.length - 1) * (layers * LAYER_MS + 5 + 2 * 15));
  const tabs = await emulatedTabs(ring.room, names);
  expect(tabs.map(({ device }) => device)).toEqual(["slow host", "slow donor"]);
  expect(tabs[1]?.emulatedMs).toBeGreaterThan(0);
});

it("a model that is not there says what was recorded, wherever its head is", async () => {
  const cases = [{ promptIds: Array.from({ length: 40 }, (_, i) => 20 + i), greedy: [70, 71, 90, 72, 70] }];
  writeFileSync(join(folder, "trace.json"), JSON.stringify({ cases }));
  await emulate({ ...emulated, shape: { L: 6, D: 512 }, trace: "trace.json" });
  await ring.restart({ layers: [2, 4], wire: "f16" });
  const ask = async () => (await ring.ask({ id: "recorded", ids: cases[0]!.promptIds, tokens: 5 })).output;
  expect(await ask()).toEqual(cases[0]!.greedy);
  await ring.restart({ layers: [2, 4], wire: "f16", head: "last" });
  expect(await ask()).toEqual(cases[0]!.greedy);
});

it("questions side by side have the beginning of their prompts once, in tabs as on paper", async () => {
  const common = Array.from({ length: 24 }, (_, i) => 20 + i);
  const recorded = [
    { promptIds: [...common, 60, 61], greedy: [70, 71, 90, 72] },
    { promptIds: [...common, 62], greedy: [80, 81, 91, 82] },
  ];
  writeFileSync(join(folder, "points.json"), JSON.stringify({ cases: recorded }));
  const fields: ScenarioFields = {
    ...{ ...emulated, model, hostLayers: "first", shape: { L: 6, D: 512 }, layers: [2, 4], chunk: 16 },
    ...{ trace: "points.json", concurrency: 2, beside: true },
    prompts: recorded.map(({ promptIds }, i) => ({ id: `point ${i + 1}`, ids: promptIds, tokens: 4 })),
  };
  const options = { folder, say: () => undefined };
  const [inTabs, onPaper] = [
    await runScenario(parse(Scenario, fields, "test"), { ...options, room: ring.room }),
    await runSimulation(parse(Scenario, fields, "test"), options),
  ];
  for (const { run, cases } of [inTabs, onPaper]) {
    expect(cases.map(({ output }) => output)).toEqual(recorded.map(({ greedy }) => greedy));
    expect(cases.map(({ reusedTokens }) => reusedTokens)).toEqual([0, common.length]);
    expect(run.batches).toMatchObject([{ ids: ["point 1", "point 2"] }]);
    // A conversation's other questions wait until the one before is answered.
    const [first, second] = cases.map(({ timeToFirstTokenMs, decodeMs }) => ({ timeToFirstTokenMs, decodeMs }));
    expect(second!.timeToFirstTokenMs).toBeLessThan(first!.timeToFirstTokenMs + first!.decodeMs);
  }
});

it("recorded guesses hold in tabs as often as on the simulator's clock", async () => {
  const written = readJson(`${root}e2e/bench/scenarios/env-a-7b-continuous.json`) as ScenarioFields;
  const scenario = parse(Scenario, { ...written, model, cases: ["coding"] }, "test");
  const options = { folder: root, say: () => undefined };
  const onPaper = (await runSimulation(scenario, options)).cases[0]!;
  const { run, cases } = await runScenario(scenario, options);
  const answer = cases[0]!;
  expect(run).toMatchObject({ source: "emulated", replayed: ["answers", "guesses"] });
  expect(answer.output).toEqual(onPaper.output);
  // Plain decoding takes a lap a token, and nothing holds. Which guesses come in time depends a little on this machine.
  expect(onPaper.laps).toBeLessThan(answer.output.length / 5);
  expect(answer.laps).toBeLessThan(3 * onPaper.laps);
  expect(answer.counts?.accepted).toBeGreaterThan((onPaper.counts?.accepted ?? Infinity) / 2);
});
