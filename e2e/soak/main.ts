/**
 * `npm run soak`: many answers of mixed ways of decoding by SmolLM2 over donors, several at once, some of them stopped at random moments. Fails where an
 * answer is not its reference (that of plain decoding; of a stopped one, its beginning), or where frames or slots are still held at rest. Prints what each tab holds in memory.
 */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { GREEDY, PLAINLY, type DecodingChoice } from "@jupiter/pipeline";
import { seeded } from "@jupiter/testkit";
import { drafterNames } from "../ring/drafters.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { readJson } from "../ring/run.ts";
import { parse, Prompts, type Prompt } from "../ring/scenario.ts";
import { tabMemory } from "../ring/tab-processes.ts";
import { HELP, parseFlags, type Soak } from "./flags.ts";

const { answers, donors, tokens, seed, draft } = flags();
/** Questions that run at the same time; each way of decoding meets each other. */
const AT_ONCE = 3;
/** Memory is compared with what it is after the first of so many parts. */
const PARTS = 10;
/** Of answers. */
const STOPPED_SHARE = 0.3;
const REST_TIMEOUT_MS = 20_000;
const GOLDEN = fileURLToPath(new URL("../golden/smollm2-135m-instruct-q4_1.json", import.meta.url));

const random = seeded(seed);
const drafters = drafterNames(draft);
const ways: readonly DecodingChoice[] = [
  PLAINLY,
  ...drafters.map((drafter) => ({ strategy: "window", drafters: [drafter], rows: 5, asksAlways: true }) as const),
  { strategy: "continuous", drafters, asksAlways: true },
  { strategy: "continuous", drafters, rows: 3, windows: 3, asksAlways: true },
];

interface Job {
  readonly prompt: Prompt;
  readonly way: DecodingChoice;
  /** Null: to its end. */
  readonly stopAfterMs: number | null;
}

await using ring = await openRing({ tabs: donors, draft, context: 1024 }).catch(refuse);
const prompts = parse(Prompts, readJson(GOLDEN), GOLDEN);
const references = new Map<string, readonly number[]>();
let slowestMs = 0;
for (const prompt of prompts) {
  const startMs = performance.now();
  const { finished } = await ask(prompt, ways[0]!, prompt.id);
  slowestMs = Math.max(slowestMs, performance.now() - startMs);
  references.set(prompt.id, finished.output);
}
await atRest(ring, [...references.keys()]);

const faults: string[] = [];
const memory: (readonly number[])[] = [];
let [stopped, written] = [0, 0];
const startMs = performance.now();
for (let part = 0; part < PARTS; part++) {
  const jobs = Array.from(
    { length: Math.round(((part + 1) * answers) / PARTS) - Math.round((part * answers) / PARTS) },
    job,
  );
  const conversations: string[] = [];
  await Promise.all(Array.from({ length: AT_ONCE }, () => work(jobs, conversations)));
  faults.push(...(await atRest(ring, conversations)));
  memory.push(await residentMb(ring));
  console.error(
    `part ${part + 1} of ${PARTS}: ${written} tokens, ${stopped} answers stopped, ${faults.length} faults; tabs hold ${memory.at(-1).join(", ")} MB`,
  );
}
const seconds = (performance.now() - startMs) / 1000;
const sum = (mb: readonly number[]) => mb.reduce((a, b) => a + b, 0);
const [first, last] = [memory[0] ?? [], memory.at(-1) ?? []];
console.log(
  [
    `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores; seed ${seed}, ${donors} donors, up to ${tokens} tokens, ${AT_ONCE} at once`,
    `${answers} answers in ${seconds.toFixed(0)} s, ${stopped} of them stopped before their end, ${written} tokens; ${faults.length} faults`,
    `memory of tabs after the first tenth: ${first.join(", ")} MB; at the end: ${last.join(", ")} MB (${(100 * (sum(last) / sum(first) - 1)).toFixed(1)} % in all)`,
    ...faults.slice(0, 20),
  ].join("\n"),
);
if (faults.length > 0) process.exitCode = 1;

/** Ends this process where there is nothing to run. */
function flags(): Soak {
  try {
    const soak = parseFlags(process.argv.slice(2));
    if (soak !== null) return soak;
    console.log(HELP);
    process.exit(0);
  } catch (error) {
    refuse(error);
  }
}

/** Ends this process: what was asked for cannot be had. */
function refuse(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

function job(): Job {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const isStopped = random() < STOPPED_SHARE;
  return { prompt: pick(prompts), way: pick(ways), stopAfterMs: isStopped ? random() * slowestMs : null };
}

async function work(jobs: Job[], conversations: string[]): Promise<void> {
  for (let next = jobs.shift(); next !== undefined; next = jobs.shift()) {
    const { prompt, way, stopAfterMs } = next;
    const id = crypto.randomUUID();
    conversations.push(id);
    const asked = ask(prompt, way, id);
    const timer = stopAfterMs === null ? null : setTimeout(() => void stop(id), stopAfterMs);
    const { finished, tokens: steps } = await asked;
    const { output, finish } = finished;
    if (timer !== null) clearTimeout(timer);
    const reference = references.get(prompt.id) ?? [];
    const isCut = finish === "cancelled";
    if (isCut) stopped++;
    written += output.length;
    const expected = isCut ? reference.slice(0, output.length) : reference;
    const at = expected.findIndex((token, i) => token !== output[i]);
    if (at < 0 && output.length === expected.length) continue;
    const { margin = NaN } = steps[at] ?? {};
    const fault = `${prompt.id}, ${JSON.stringify(way)}, ${finish}: ${output.length} of ${expected.length} tokens, another from ${at} on (lead there ${margin.toFixed(4)})`;
    console.error(fault);
    faults.push(fault);
  }
}

/** In a conversation of its own, of the same name. */
function ask(
  { messages, text = "" }: Prompt,
  decoding: DecodingChoice,
  id: string,
): ReturnType<OpenRing["room"]["ask"]> {
  return ring.room.ask({
    id,
    conversation: id,
    prompt: messages === undefined ? { kind: "text", text } : { kind: "chat", messages },
    maxTokens: tokens,
    policy: GREEDY,
    stop: [],
    decoding,
  });
}

async function stop(id: string): Promise<void> {
  await ring.room.host.evaluate((id) => globalThis.jupiterHarness!.stop(id), id);
}

/** What is still held when every conversation is closed and the last frames had time to come back; none where all is well. */
async function atRest({ room: { host } }: OpenRing, conversations: readonly string[]): Promise<readonly string[]> {
  await host.evaluate(
    (ids) => ids.forEach((id) => globalThis.jupiterHarness!.closeConversation(id)),
    [...conversations],
  );
  const deadlineMs = performance.now() + REST_TIMEOUT_MS;
  for (;;) {
    const { pending, frames, slots } = await host.evaluate(() => globalThis.jupiterHarness!.holds());
    if (pending === 0 && frames === 0 && slots === 0) return [];
    if (performance.now() > deadlineMs)
      return [`still held at rest: ${pending} questions, ${frames} frames, ${slots} slots`];
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

/** Of every tab, the largest first, garbage of the page itself taken away before. */
async function residentMb({ room: { host, donors: pages } }: OpenRing): Promise<readonly number[]> {
  for (const page of [host, ...pages]) {
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.collectGarbage");
    await session.detach();
  }
  return tabMemory()
    .slice(0, donors + 1)
    .map(({ residentBytes }) => Math.round(residentBytes / 1e6));
}
