import { decodingOf, GREEDY, LookupDrafter, type GenerateRequest, type UnmeasuredRing } from "@jupiter/pipeline";
import type { DeviceCosts } from "@jupiter/planner";
import { describe, expect, it } from "vitest";
import { busyShare, countingRule, gantt, simulate, traceRule, type Simulation } from "./index.ts";

const costs = (layer: { floorMs: number; rowMs: number; pairMs?: number }): DeviceCosts => ({
  layer: [{ fromRows: 1, pairMs: 0, ...layer }],
  frameMs: 0,
  head: { floorMs: 8, rowMs: 0.5 },
});

const request = (ids: readonly number[], more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  id: "a",
  conversation: "a",
  ids: Int32Array.from(ids),
  maxTokens: 10,
  policy: GREEDY,
  stopIds: [],
  ...more,
});
const ring = (chunk: number, more: Partial<Omit<UnmeasuredRing, "epoch">> = {}) => ({
  chunkRows: () => chunk,
  maxInFlight: 16,
  capacity: 4096,
  arenas: 4,
  ...more,
});
const prompt = (length: number) => Array.from({ length }, (_, i) => i);

function ofEqualDevices(count: number, more: Partial<Simulation> = {}): Simulation {
  const devices = Array.from({ length: count + 1 }, (_, i) => ({
    name: i === 0 ? "host" : `device ${i}`,
    costs: costs({ floorMs: 10, rowMs: 1 }),
    machine: null,
  }));
  return {
    devices,
    machines: new Map(),
    stages: devices.slice(1).map((_, i) => ({ device: i + 1, layers: 2 })),
    hidden: 1000,
    wire: "f16",
    shapeOf: () => ({}),
    mediumOf: () => null,
    seed: 1,
    ring: ring(16),
    rule: countingRule,
    requests: [{ atMs: 0, request: request(prompt(64)) }],
    ...more,
  };
}

async function answerOf(simulation: Simulation) {
  const result = await simulate(simulation);
  const finished = result.events.flatMap(({ event }) => (event.kind === "finished" ? [event] : []));
  return { ...result, finished: finished[0]!, all: finished };
}

describe("a simulated ring", () => {
  it("says what the rule says, whatever the stages and chunks", async () => {
    const greedy = [7, 7, 300, 2];
    const rule = traceRule([
      { promptIds: prompt(30), greedy },
      { promptIds: prompt(29), greedy: [5] },
    ]);
    for (const count of [1, 3])
      for (const chunk of [1, 7, 64]) {
        const requests = [{ atMs: 5, request: request(prompt(30), { stopIds: [2] }) }];
        const { finished } = await answerOf(ofEqualDevices(count, { ring: ring(chunk), rule, requests }));
        expect(finished).toMatchObject({ output: greedy, finish: "stop" });
      }
  });

  it("takes the time of the recurrence: chunks fill the pipeline, tokens go round it", async () => {
    const { finished, endMs } = await answerOf(ofEqualDevices(4));
    // 4 chunks of 16 rows over 4 stages of 2 * (10 + 16) ms, then the head.
    expect(finished.timings.prefillMs).toBeCloseTo((4 + 4 - 1) * 52 + 8.5, 6);
    expect(finished.timings.decodeMs).toBeCloseTo(9 * (4 * 2 * 11 + 8.5), 6);
    expect(endMs).toBeCloseTo(finished.timings.prefillMs + finished.timings.decodeMs, 6);
  });

  it("counts every byte and its time on the link", async () => {
    const shape = { mbitPerS: 8, delayMs: 3 }; // 1000 bytes a millisecond
    const one = { atMs: 0, request: request([1], { maxTokens: 1 }) };
    const { finished, links } = await answerOf(ofEqualDevices(1, { shapeOf: () => shape, requests: [one] }));
    const bytes = links.map(({ sizeBytes }) => sizeBytes);
    // A row of 1000 halves and its tables.
    expect(bytes[0]).toBe(12 + 20 + 12 + 2000);
    const travelMs = bytes.reduce((sum, size) => sum + size / 1000 + 3, 0);
    expect(finished.timings.prefillMs).toBeCloseTo(travelMs + 22 + 8.5, 6);
  });

  it("has the head on the last device where the ring says so: its time, and scores on the way back", async () => {
    const shape = { mbitPerS: 8, delayMs: 3 }; // 1000 bytes a millisecond
    const one = { atMs: 0, request: request([1], { maxTokens: 1 }) };
    const headOnLast = { vocabulary: Infinity };
    const plain = ofEqualDevices(2, { shapeOf: () => shape, requests: [one] });
    const devices = plain.devices.map((device, i) => ({
      ...device,
      costs: { ...device.costs, head: { floorMs: i === 0 ? 800 : 20, rowMs: 1 } },
    }));
    const there = { ...plain, devices, ring: ring(16, { headOnLast }) };
    const { finished, links, spans } = await answerOf(there);
    const back = links.find(({ to }) => to === "host");
    // Head, scores, head's time; one row of 64 candidates.
    expect(back?.sizeBytes).toBe(12 + 2 * 12 + 8 + 24 + 64 * 16);
    const travelMs = links.reduce((sum, { sizeBytes }) => sum + sizeBytes / 1000 + 3, 0);
    expect(finished.timings.prefillMs).toBeCloseTo(travelMs + 2 * 22 + 21, 6);
    expect(finished.output).toEqual((await answerOf({ ...plain, devices })).finished.output);
    expect(spans.filter(({ label }) => label === "head").map(({ device }) => device)).toEqual(["device 2"]);

    const drafted = { drafters: () => [new LookupDrafter()], requests: [{ atMs: 0, request: request(prompt(40)) }] };
    const decoding = decodingOf({ strategy: "continuous", drafters: ["lookup"] }, 2);
    const guess = (more: Partial<UnmeasuredRing>) =>
      answerOf({ ...plain, ...drafted, ring: ring(16, { decoding, stages: 2, ...more }) });
    expect((await guess({ headOnLast })).finished.output).toEqual((await guess({})).finished.output);
  });

  it("lets devices of one machine share its cores, and links a medium", async () => {
    const alone = ofEqualDevices(2, { ring: ring(64, { maxInFlight: 1 }) });
    const onOne = (cores: number) => ({
      ...alone,
      ring: ring(8),
      devices: alone.devices.map((device) => ({ ...device, machine: "box" })),
      machines: new Map([["box", cores]]),
    });
    const [two, one] = [await answerOf(onOne(2)), await answerOf(onOne(1))];
    // One core has no use for a pipeline: all stages' work, one after the other.
    expect(one.finished.timings.prefillMs).toBeCloseTo(2 * 8 * 36 + 8.5, 6);
    expect(two.finished.timings.prefillMs).toBeCloseTo(9 * 36 + 8.5, 6);

    const shape = { mbitPerS: 0.8 };
    const apart = await answerOf({ ...alone, ring: ring(8), shapeOf: () => shape });
    const shared = await answerOf({ ...alone, ring: ring(8), shapeOf: () => shape, mediumOf: () => "wifi" });
    expect(shared.finished.timings.prefillMs).toBeGreaterThan(1.5 * apart.finished.timings.prefillMs);
  });

  it("keeps several conversations in flight", async () => {
    const requests = ["a", "b", "c", "d"].map((id) => ({
      atMs: 0,
      request: request([1, 2, 3], { id, conversation: id, maxTokens: 50 }),
    }));
    const single = await answerOf(ofEqualDevices(4, { requests: requests.slice(0, 1) }));
    const { all, endMs, spans } = await answerOf(ofEqualDevices(4, { requests, ring: ring(16, { stages: 4 }) }));
    expect(all.map(({ output }) => output.length)).toEqual([50, 50, 50, 50]);
    expect(endMs).toBeLessThan(1.4 * single.endMs);
    expect(busyShare(spans, "device 1", 0, endMs)).toBeGreaterThan(0.8);
  });

  it("is the same each time, jitter and loss included", async () => {
    const shape = { mbitPerS: 10, delayMs: 5, jitterMs: 20, loss: 0.05 };
    const run = async (seed: number) => (await simulate(ofEqualDevices(3, { shapeOf: () => shape, seed }))).events;
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it("refuses what cannot run", async () => {
    await expect(simulate(ofEqualDevices(0))).rejects.toThrow("at least one stage");
    const unknown = ofEqualDevices(1);
    const devices = unknown.devices.map((device) => ({ ...device, machine: "nowhere" }));
    await expect(simulate({ ...unknown, devices })).rejects.toThrow("no cores");
    await expect(simulate(ofEqualDevices(1, { shapeOf: () => ({ mbitPerS: 0 }) }))).rejects.toThrow("above 0 Mbit/s");
  });

  it("runs a hundred devices and a thousand tokens", async () => {
    const requests = [{ atMs: 0, request: request(prompt(100), { maxTokens: 1000 }) }];
    const { finished } = await answerOf(ofEqualDevices(100, { requests }));
    expect(finished.output).toHaveLength(1000);
  });
});

it("a picture has one row a device and shows what is in its window", async () => {
  const { spans, endMs } = await simulate(ofEqualDevices(3));
  const svg = gantt(spans, { title: "3 < 4", devices: ["device 1", "device 3"], fromMs: 0, toMs: endMs });
  expect(svg).toContain("3 &#60; 4");
  // The legend.
  expect(svg).toContain(">rows 0 to 15</text>");
  expect(svg.match(/<title>rows 0 to 15/g)).toHaveLength(2);
  const early = gantt(spans, { title: "", devices: ["device 1"], fromMs: 0, toMs: 60 });
  expect(early.match(/<title>/g)).toHaveLength(2);
});
