import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { batchOf, spansOf, type TimedLap } from "../ring/measures.ts";
import { readJson } from "../ring/run.ts";
import { linkBetween } from "../ring/scenario-devices.ts";
import { parse, Scenario, type ScenarioFields } from "../ring/scenario.ts";
import { picture, summary } from "../ring/summary.ts";
import { runSimulation } from "./run-sim.ts";

const folder = fileURLToPath(new URL("../..", import.meta.url));
const examples = `${folder}e2e/bench/scenarios`;
const say = () => undefined;
const run = (fields: ScenarioFields) => runSimulation(parse(Scenario, fields, "test"), { folder, say });

const time = { layer: [{ floorMs: 10, rowMs: 1 }] };
const two: ScenarioFields = {
  shape: { L: 4, D: 100 },
  devices: [
    { name: "host", time: { ...time, head: { floorMs: 8, rowMs: 0 } } },
    { name: "a", time },
    { name: "b", time },
  ],
  layers: [2, 2],
  chunk: 16,
  prompts: [{ id: "one", promptTokens: 32, tokens: 5 }],
};

describe("a scenario on paper", () => {
  it("is reported as a run of tabs is", async () => {
    const report = await run(two);
    expect(report.run.plan).toEqual([
      { seat: "a", device: "a", first: 0, end: 2 },
      { seat: "b", device: "b", first: 2, end: 4 },
    ]);
    const answer = report.cases[0]!;
    expect(answer.output).toHaveLength(5);
    expect(answer.prefillMsPerToken).toBeCloseTo((3 * 52 + 8) / 32);
    expect(answer.decodeMsPerToken).toBeCloseTo(44 + 8);
    expect(answer.busy[1]).toMatchObject({ device: "a", prefill: expect.closeTo((2 * 52) / (3 * 52 + 8)) });
    expect(report.run.links.map(({ from, to }) => `${from} to ${to}`)).toEqual(["host to a", "a to b", "b to host"]);
    expect(summary(report)).toContain("32 + 5");
    expect(picture(report, answer).match(/<title>rows/g)).toHaveLength(4);
  });

  it("heeds the last rule that fits a link, and machines", async () => {
    const links = [{ delayMs: 5 }, { from: "b", to: "a", mbitPerS: 8 }];
    expect(linkBetween(links, "a", "b")).toEqual({ shape: { mbitPerS: 8 }, medium: null });
    expect(linkBetween(links, "b", "host")).toEqual({ shape: { delayMs: 5 }, medium: null });
    const slow = await run({ ...two, links: [{ delayMs: 5 }] });
    expect(slow.cases[0]?.decodeMsPerToken).toBeCloseTo(44 + 8 + 15);
    const devices = two.devices?.map((device) => ({ ...device, machine: "box" }));
    const one = await run({ ...two, ...(devices && { devices }), machines: { box: { cores: 1 } } });
    expect(one.cases[0]?.prefillMsPerToken).toBeCloseTo((4 * 52 + 8) / 32);
  });

  it("questions that are put at once share the ring, and side by side the beginning of their prompts, too", async () => {
    const prompts = ["one", "two", "three"].map((id) => ({ id, promptTokens: 32, tokens: 5 }));
    const report = await run({ ...two, prompts, concurrency: 2 });
    expect(report.run.batches.map(({ ids }) => ids)).toEqual([["one", "two"], ["three"]]);
    const [together, alone] = report.run.batches.map(({ msPerToken }) => msPerToken!);
    expect(alone).toBeCloseTo(44 + 8);
    // Two frames are on their way at once, one in each stage.
    expect(together).toBeLessThan(0.7 * alone!);
    expect(summary(report)).toContain("one, two: ");
    const side = await run({ ...two, prompts: prompts.slice(0, 2), concurrency: 2, beside: true });
    expect(side.cases.map(({ reusedTokens }) => reusedTokens)).toEqual([0, 31]);
    expect(side.cases.map(({ output }) => output)).toEqual(report.cases.slice(0, 2).map(({ output }) => output));
  });

  it.each([
    [{ ...two, devices: [{ name: "host" }] }, "host has no time"],
    [{ ...two, layers: [3, 2] }, "add up to the model's 4 layers"],
    [
      {
        ...two,
        shape: { L: 4, D: 100, layerBytes: 10 },
        devices: two.devices?.map((device) => ({ ...device, memoryBytes: 15 })) ?? [],
      },
      "a has 15 bytes of memory; its layers need 20",
    ],
    [{ ...two, prompts: [{ id: "x", text: "Hello" }] }, "no tokenizer"],
    [{ ...two, prompts: [{ id: "x", promptTokens: 4000 }] }, "x: its prompt has 4000 tokens, and context is 2048"],
  ])("says what is wrong with it: %#", async (fields, message) => {
    await expect(run(fields)).rejects.toThrow(message);
  });

  it.each(readdirSync(examples).filter((name) => name !== "paper.json"))("example %s runs", async (name) => {
    const report = await run(readJson(`${examples}/${name}`) as ScenarioFields);
    for (const { output, busy } of report.cases) {
      expect(output.length).toBeGreaterThan(1);
      for (const { prefill } of busy) expect(prefill).toBeLessThanOrEqual(1);
    }
  });
});

it("answers that were written together are timed from when the last of them began, and one verdict's tokens are of one moment", () => {
  const at = (id: string, ...times: number[]) => times.map((atMs) => ({ id, atMs }));
  const came = [...at("a", 10, 50, 101, 140), ...at("b", 100, 140.5, 180)];
  expect(batchOf(came)).toEqual({ ids: ["a", "b"], msPerToken: 80 / 3 });
  expect(batchOf(at("a", 10)).msPerToken).toBeNull();
});

it("recorded guesses make recorded answers faster, and change nothing in them", async () => {
  const fields = readJson(`${examples}/env-a-7b-continuous.json`) as ScenarioFields;
  const cases = ["coding", "roleplay"];
  const [plain, guessed] = [await run({ ...fields, cases, strategy: "plain" }), await run({ ...fields, cases })];
  expect([plain, guessed].map((report) => report.run.replayed)).toEqual([["answers"], ["answers", "guesses"]]);
  guessed.cases.forEach((answer, i) => {
    expect(answer.output).toEqual(plain.cases[i]?.output);
    // Prose is guessed worse than code.
    const atLeast = answer.id === "coding" ? 3 : 1.3;
    expect((plain.cases[i]?.decodeMs ?? 0) / answer.decodeMs).toBeGreaterThan(atLeast);
  });
  await expect(run({ ...two, draft: "recorded", strategy: "continuous" })).rejects.toThrow("needs draft");
});

it("a lap's times become spans in ring order, hops alike", () => {
  const lap: TimedLap = {
    kind: "lap",
    frame: 1,
    rows: 1,
    cached: 7,
    wanted: true,
    dead: false,
    lapMs: 36,
    headMs: 4,
    stageTimes: [
      { stage: 0, computeUs: 10_000, queueUs: 0 },
      { stage: 1, computeUs: 15_000, queueUs: 5_000 },
    ],
    atMs: 140,
  };
  expect(spansOf([lap], ["a", "b"], "host")).toEqual([
    { device: "a", label: "row 7", startMs: 102, endMs: 112 },
    { device: "b", label: "row 7", startMs: 119, endMs: 134 },
    { device: "host", label: "head", startMs: 136, endMs: 140 },
  ]);
  // Before the last hop, where the last stage has the head.
  expect(spansOf([{ ...lap, headAt: "last" }], ["a", "b"], "host").at(-1)).toEqual({
    ...{ device: "b", label: "head", startMs: 134, endMs: 138 },
  });
});
