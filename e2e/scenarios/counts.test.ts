/**
 * What a prompt and a token cost, in counts: laps, frames, messages and bytes between tabs that stand for other devices. A regression here is one of
 * the program and not of the machine; times are compared as ratios only, with wide margins (`npm run bench` has the times).
 */
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright";
import { chromium, type Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchOptions } from "../chromium.ts";
import { countArrays, type ArraysMade } from "../count-arrays.ts";
import { askCase, modelFile, runScenario } from "../ring/run.ts";
import { parse, Scenario } from "../ring/scenario.ts";
import { modelPlace, TabRoom } from "../ring/tabs.ts";

const D = 576;
const CHUNK = 64;
const CHUNKS = 8;
const TOKENS = 32;
const PROMPT = { promptTokens: CHUNKS * CHUNK, tokens: TOKENS };
/** Header and seal of a frame, and its share of acknowledgements and signs of life: up to 190 bytes when this was written. */
const MOST_BYTES_ABOUT_A_FRAME = 300;
const BYTES = { f16: 2, f32: 4 } as const;

const root = fileURLToPath(new URL("../..", import.meta.url));

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch(launchOptions);
});

afterAll(async () => {
  await browser.close();
});

interface RunOptions {
  readonly wire?: keyof typeof BYTES;
  readonly layerMs?: number;
}

/** Four layers on so many donors that take a layer's time for a row; two equal prompts. */
function scenarioOf(donors: number, { wire = "f16", layerMs = 0 }: RunOptions): Scenario {
  const layers = Array<number>(donors).fill(4 / donors);
  return parse(
    Scenario,
    {
      shape: { L: 4, D },
      devices: [
        { name: "host", time: { layer: [{ floorMs: 0, rowMs: 0 }], head: { floorMs: 0, rowMs: 0 } } },
        ...layers.map((_, i) => ({ name: `donor ${i + 1}`, time: { layer: [{ floorMs: layerMs, rowMs: 0 }] } })),
      ],
      layers,
      chunk: CHUNK,
      wire,
      prompts: ["first", "second"].map((id) => ({ ...PROMPT, id })),
    },
    "test",
  );
}

async function openRoom(
  scenario: Scenario,
  inits: Pick<Parameters<typeof TabRoom.open>[0], "init" | "initWorkers">,
): Promise<TabRoom> {
  // Of the model only the tokenizer is read: nothing computes.
  const { models } = modelPlace(await modelFile(scenario, root, console.error));
  return TabRoom.open({ browser, models, donors: scenario.tabs, ...inits });
}

/** Its answers, and what went over links for them. */
async function run(donors: number, options: RunOptions) {
  const scenario = scenarioOf(donors, options);
  await using room = await openRoom(scenario, { init: countMessages });
  const { run, cases } = await runScenario(scenario, { folder: root, say: () => undefined, room });
  const messages = new Map<string, number>();
  for (const [i, page] of [room.host, ...room.donors].entries()) {
    messages.set(i === 0 ? "host" : `donor ${i}`, await page.evaluate(() => globalThis.messagesSent!));
  }
  return { run, cases, messages };
}

it("a prompt takes its chunks and a token one lap; links carry the rows once and little else", async () => {
  for (const wire of ["f16", "f32"] as const) {
    const { run: ring, cases, messages } = await run(2, { wire });
    const frames = CHUNKS + TOKENS - 1;
    for (const { output, laps } of cases) {
      expect(output).toHaveLength(TOKENS);
      expect(laps).toBe(TOKENS);
    }
    for (const { laps } of ring.laps) expect(laps).toHaveLength(frames);
    const rows = cases.length * (PROMPT.promptTokens + TOKENS - 1);
    const about = cases.length * frames * MOST_BYTES_ABOUT_A_FRAME;
    const link = (from: string, to: string) =>
      ring.links.find((link) => link.from === from && link.to === to)?.sizeBytes ?? 0;
    for (const [from, to] of [
      ["host", "donor 1"],
      ["donor 1", "donor 2"],
    ] as const) {
      expect(link(from, to), `${from} to ${to}`).toBeGreaterThanOrEqual(rows * D * BYTES[wire]);
      expect(link(from, to), `${from} to ${to}`).toBeLessThanOrEqual(rows * D * BYTES[wire] + about);
    }
    // The host asks for the last row of a prompt alone.
    expect(link("donor 2", "host")).toBeLessThanOrEqual(cases.length * TOKENS * D * BYTES[wire] + about);
    // A token's row goes in one message, a chunk's rows in pieces of nearly 16 KiB.
    const pieces = Math.ceil((CHUNK * D * BYTES[wire]) / 16_000);
    for (const sender of ["host", "donor 1"]) {
      expect(messages.get(sender), sender).toBeLessThanOrEqual(cases.length * (CHUNKS * pieces + TOKENS - 1));
    }
    expect(messages.get("donor 2"), "donor 2").toBe(cases.length * TOKENS);
  }
});

/** What a tab's page and worker have made until now. */
async function arraysMadeIn(page: Page): Promise<ArraysMade> {
  const read = () => ({ ...globalThis.arraysMade! });
  const all = [
    await page.evaluate(read),
    ...(await Promise.all(page.workers().map((worker) => worker.evaluate(read)))),
  ];
  const total = (what: keyof ArraysMade) => all.reduce((sum, made) => sum + made[what], 0);
  return { count: total("count"), sizeBytes: total("sizeBytes") };
}

/**
 * What a lap with a token's row makes in each tab, the host's first, and one with a chunk's rows. To be written anew where a change makes less, and argued
 * for where it makes more: a tab makes these at every token, and what collects them runs beside what computes.
 */
const ARRAYS_OF_A_LAP = {
  token: [
    // The token's embedding and its frame; a copy of the row that comes back, and that row for the head.
    { count: 4, sizeBytes: 6956 },
    // The row that came, in float32; what the stand-in for a stage makes of it; its frame.
    { count: 3, sizeBytes: 5816 },
    // A copy of the row that is asked for, and its frame.
    { count: 2, sizeBytes: 2352 },
  ],
  chunk: [
    // Embeddings and their frame.
    { count: 2, sizeBytes: 221_792 },
    // The message, put together from its slices; its rows in float32; what the stand-in for a stage makes of them; their frame.
    { count: 4, sizeBytes: 443_596 },
    // The message. Nothing computes what nobody asks for.
    { count: 1, sizeBytes: 74_348 },
  ],
};

it("a token's lap makes few arrays, and a chunk's", async () => {
  const scenario = scenarioOf(2, {});
  await using room = await openRoom(scenario, { init: countArrays, initWorkers: countArrays });
  await runScenario(scenario, { folder: root, say: () => undefined, room });
  const tabs = [room.host, ...room.donors];
  /** Made by each tab until an answer is there. */
  const made = async (chunks: number, tokens: number) => {
    await askCase(room, scenario, { id: "counted", promptTokens: chunks * CHUNK, tokens });
    return Promise.all(tabs.map(arraysMadeIn));
  };
  /**
   * Of each lap that the second answer has more than the first: what they make alike falls out. What a first frame carries besides is rounded away.
   */
  const perLap = async (first: readonly [number, number], second: readonly [number, number], laps: number) => {
    const [start, middle, end] = [await made(1, 1), await made(...first), await made(...second)];
    const more = (what: keyof ArraysMade, i: number) => (end[i]![what] - 2 * middle[i]![what] + start[i]![what]) / laps;
    return tabs.map((_, i) => ({ count: more("count", i), sizeBytes: Math.round(more("sizeBytes", i)) }));
  };
  expect({
    token: await perLap([2, 8], [2, 72], 64),
    chunk: await perLap([2, 8], [10, 8], 8),
  }).toEqual(ARRAYS_OF_A_LAP);
});

it("two donors take a prompt nearly twice as fast as one", async () => {
  // Slow enough that what this machine adds to each turn is little beside it.
  const [one, two] = [await run(1, { layerMs: 30 }), await run(2, { layerMs: 30 })];
  const prefillMs = ({ cases }: typeof one) => Math.min(...cases.map((answer) => answer.prefillMs));
  // Nine turns of two layers against eight of four: 0.56 where links and tabs cost nothing.
  expect(prefillMs(two) / prefillMs(one)).toBeLessThan(0.8);
});

declare global {
  var messagesSent: number | undefined;
}

/** Of those with rows in them: signs of life are as many as seconds went by. Runs in each page before its own scripts. */
function countMessages(): void {
  globalThis.messagesSent = 0;
  const { send } = RTCDataChannel.prototype as { send: (data: unknown) => void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const sizeBytes = data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0;
    if (sizeBytes >= 1000) globalThis.messagesSent = (globalThis.messagesSent ?? 0) + 1;
    send.call(this, data);
  };
}
