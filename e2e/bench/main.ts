/**
 * `npm run bench`: the host alone, one to three donors, and wllama, in tabs of one browser, with the same file and as many threads, taking turns.
 * Prints a table; `--json OUT` keeps raw values, `--readme` puts the table into README.
 */
import { cpus, totalmem } from "node:os";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "../chromium.ts";
import { askCase, modelFile, ringOptions } from "../ring/run.ts";
import { Prompts, parse, Scenario, type Prompt } from "../ring/scenario.ts";
import { modelPlace, tabMemory, TabRoom } from "../ring/tabs.ts";
import type { HarnessAnswer } from "../../apps/web/src/harness.ts";
import { readmeTable, table, type Report, type Row } from "./report.ts";
import { spread } from "./stats.ts";
import { openWllama, type Wllama } from "./wllama.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    reps: { type: "string", default: "3" },
    json: { type: "string" },
    readme: { type: "boolean", default: false },
    donors: { type: "string", default: "1,2,3" },
  },
});
const REPS = Number(options.reps);
/** New tokens of a decode measurement. */
const DECODED = 48;
const CONTEXT = 2304;

interface Contender {
  readonly name: string;
  readonly donors: number;
  readonly room: TabRoom;
}

const say = (text: string) => console.error(text);
const golden = JSON.parse(readFileSync(resolve(root, "e2e/golden/smollm2-135m-instruct-q4_1.json"), "utf8")) as {
  cases: { id: string; text: string }[];
};
const prompts = parse(Prompts, golden, "golden");
const long = promptOf("long");
const veryLong = promptOf("very-long");
/** As the model's template makes it: wllama gets the very same text. */
const longText = golden.cases.find(({ id }) => id === "long")?.text ?? "";
const scenario = (donors: number): Scenario =>
  parse(
    Scenario,
    {
      prompts: [long],
      tabs: donors,
      hostLayers: donors === 0 ? "all" : "none",
      context: CONTEXT,
      ...(donors === 0 ? {} : { layers: even(30, donors) }),
    },
    "scenario",
  );

const file = await modelFile(scenario(0), root, say);
const place = modelPlace(file);
await using browser = await launchChromium();
const contenders: Contender[] = [];
for (const donors of [0, ...options.donors.split(",").map(Number)]) {
  const name = donors === 0 ? "host alone" : donors === 1 ? "1 donor" : `${donors} donors`;
  say(`opening a room: ${name}`);
  const room = await TabRoom.open({ models: place.models, donors, browser });
  await room.start(ringOptions(scenario(donors), place.url));
  contenders.push({ name, donors, room });
}
const first = contenders[0];
if (first === undefined) throw new Error("no room");
const memory = tabMemory();
say("opening wllama");
const tab = await (await browser.newContext()).newPage();
const wllama: Wllama = await openWllama(tab, { origin: first.room.server.url, modelUrl: place.url, threads: 1 });

const rows: Row[] = [];
const samples = new Map<string, { prefill: number[]; decode: number[]; veryLong: number[]; hop: number[] }>();
const sampleOf = (name: string) => {
  const known = samples.get(name) ?? { prefill: [], decode: [], veryLong: [], hop: [] };
  samples.set(name, known);
  return known;
};

for (let rep = -1; rep < REPS; rep++) {
  // Round -1 warms up and is thrown away. Every second round goes the other way round.
  const order = rep % 2 === 0 ? contenders : [...contenders].reverse();
  for (const { name, donors, room } of order) {
    const decoded = await ask(room, long, DECODED);
    const prefilled = await ask(room, veryLong, 2);
    if (rep < 0) continue;
    const sample = sampleOf(name);
    sample.prefill.push(decoded.finished.timings.prefillMs / decoded.finished.ids.length);
    sample.decode.push(decoded.finished.timings.decodeMs / (decoded.finished.output.length - 1));
    sample.veryLong.push(prefilled.finished.timings.prefillMs / prefilled.finished.ids.length);
    if (donors > 0) sample.hop.push(hopMs(decoded, donors + 1));
  }
  const timed = await wllama.run(longText, DECODED);
  if (rep >= 0) {
    sampleOf("wllama").prefill.push(timed.prefillMs / timed.promptTokens);
    sampleOf("wllama").decode.push(timed.decodeMs / timed.outputTokens);
  }
  say(rep < 0 ? "warm" : `round ${rep + 1} of ${REPS}`);
}
for (const [name, { prefill, decode, veryLong: veryLongMs, hop }] of samples) {
  rows.push({ name: `${name}: prefill of long (246 tokens)`, unit: "ms/token", ...spread(prefill) });
  if (veryLongMs.length > 0)
    rows.push({ name: `${name}: prefill of very-long (864 tokens)`, unit: "ms/token", ...spread(veryLongMs) });
  rows.push({ name: `${name}: decode`, unit: "ms/token", ...spread(decode) });
  if (hop.length > 0) rows.push({ name: `${name}: hop`, unit: "ms", ...spread(hop) });
}
const far: number[] = [];
const near: number[] = [];
for (let rep = 0; rep < REPS; rep++) {
  const answer = await ask(first.room, { id: "fill", text: "one two three four ".repeat(560) }, 1);
  near.push(chunkMs(answer, 256));
  far.push(chunkMs(answer, 2048));
}
rows.push({ name: "host alone: chunk of 64 at 256 cached", unit: "ms", ...spread(near) });
rows.push({ name: "host alone: chunk of 64 at 2,048 cached", unit: "ms", ...spread(far) });

const overheads: number[] = [];
for (const { room } of contenders.filter(({ donors }) => donors > 0)) overheads.push(...(await fetchOverheads(room)));
rows.push({ name: "bytes fetched by a donor above its tensors", unit: "%", ...spread(overheads) });

const median = (name: string) => rows.find((row) => row.name === name)?.median ?? NaN;
const ratios: Row[] = [
  [
    "prefill of long: wllama / host alone",
    median("wllama: prefill of long (246 tokens)") / median("host alone: prefill of long (246 tokens)"),
  ],
  ["decode: wllama / host alone", median("wllama: decode") / median("host alone: decode")],
  ["chunk of 64: at 2,048 cached / at 256", spread(far).median / spread(near).median],
  [
    "prefill of very-long: 1 donor / 2 donors",
    median("1 donor: prefill of very-long (864 tokens)") / median("2 donors: prefill of very-long (864 tokens)"),
  ],
].map(([name, ratio]) => ({ name: String(name), unit: "times", ...spread([Number(ratio)]) }));

const report: Report = {
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    browser: browser.version(),
    node: process.versions.node,
  },
  versions: await first.room.host.evaluate(() => globalThis.jupiterHarness!.versions),
  method: {
    reps: REPS,
    threads: 1,
    backend: "wasm",
    wire: "f32",
    chunkRows: 64,
    decodedTokens: DECODED,
    model: "smollm2-135m-instruct",
  },
  rows: [...rows, ...ratios.filter(({ median: value }) => !Number.isNaN(value))],
  tabMemory: memory,
};
console.log(table(report));
if (options.json !== undefined)
  writeFileSync(resolve(process.env["INIT_CWD"] ?? ".", options.json), JSON.stringify(report, null, 1));
if (options.readme) {
  const path = resolve(root, "README.md");
  writeFileSync(path, readmeTable(readFileSync(path, "utf8"), report));
}
for (const { room } of contenders) await room[Symbol.asyncDispose]();

function promptOf(id: string): Prompt {
  const prompt = prompts.find((p) => p.id === id);
  if (prompt === undefined) throw new Error(`the golden file has no case ${id}`);
  return prompt;
}

function even(layers: number, stages: number): number[] {
  return Array.from(
    { length: stages },
    (_, i) => Math.floor(((i + 1) * layers) / stages) - Math.floor((i * layers) / stages),
  );
}

async function ask(room: TabRoom, prompt: Prompt, tokens: number): Promise<HarnessAnswer> {
  return askCase(room, { ...scenario(0), tokens }, { ...prompt, tokens });
}

/** Per hop, what of a token's time is neither a stage's nor the head's: links, tabs' threads, queues. */
function hopMs({ finished, laps }: HarnessAnswer, hops: number): number {
  const decode = laps.filter(({ wanted }) => wanted).slice(1);
  const busyMs = decode.reduce(
    (sum, { stageTimes, headMs }) =>
      sum + headMs + stageTimes.reduce((total, { computeUs }) => total + computeUs / 1000, 0),
    0,
  );
  return (finished.timings.decodeMs - busyMs) / decode.length / hops;
}

function chunkMs({ laps }: HarnessAnswer, cached: number): number {
  const lap = laps.find((l) => l.cached === cached && l.rows === 64);
  if (lap === undefined) throw new Error(`no chunk of 64 at ${cached}`);
  return lap.stageTimes.reduce((sum, { computeUs }) => sum + computeUs / 1000, 0);
}

async function fetchOverheads(room: TabRoom): Promise<number[]> {
  return room.host.evaluate(() => {
    const ring = globalThis.jupiterHarness!.ring();
    if (ring.kind !== "ready") return [];
    return globalThis.jupiterHarness!.devices().map(({ layers, serving }) => {
      const own = ring.checkpoint.tensors.filter(({ name }) => {
        const layer = Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
        return layers !== null && layer >= layers.first && layer < layers.end;
      });
      const bytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return 100 * ((serving?.fetchedBytes ?? NaN) / bytes - 1);
    });
  });
}
