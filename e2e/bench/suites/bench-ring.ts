/** A ring of real tabs that several questions are put to, for suites that time it. SmolLM2 in float32 on wasm, one thread a tab. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Tokenizer } from "@jupiter/model/tokenizer";
import type { DecodingChoice, LapEvent } from "@jupiter/pipeline";
import type { Browser } from "playwright";
import type { HarnessAnswer } from "../../../apps/web/src/harness.ts";
import { draftFiles } from "../../ring/draft-files.ts";
import { factsOf } from "../../ring/model-facts.ts";
import { askCase, checkDraft, modelFile, ringOptions } from "../../ring/run.ts";
import { parse, Prompts, Scenario, type Prompt, type ScenarioFields } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import type { PeerPrompt } from "../peers/peer.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const golden = JSON.parse(readFileSync(`${root}/e2e/golden/smollm2-135m-instruct-q4_1.json`, "utf8")) as {
  cases: (PeerPrompt & { id: string })[];
};

export interface BenchRing extends AsyncDisposable {
  readonly name: string;
  readonly donors: number;
  readonly room: TabRoom;
  /** The model that it runs. */
  model(): Promise<{ readonly name: string; readonly tokenizer: Tokenizer }>;
  /** In a conversation of its own. */
  ask(prompt: Prompt, tokens: number, decoding?: DecodingChoice): Promise<HarnessAnswer>;
}

export type RingFields = Partial<Omit<ScenarioFields, "prompts" | "tabs">>;

/**
 * Donors hold equal shares; without donors the host holds all layers. A context of 2,304 unless `fields` say otherwise. `inits` run in its tabs before
 * their own scripts.
 */
export async function openBenchRing(
  browser: Browser,
  donors: number,
  fields: RingFields = {},
  inits: Pick<Parameters<typeof TabRoom.open>[0], "init" | "initWorkers"> = {},
): Promise<BenchRing> {
  const given = {
    tabs: donors,
    hostLayers: donors === 0 ? "all" : "none",
    context: 2304,
    ...fields,
    prompts: "none",
  } as const;
  const { L } = await factsOf(parse(Scenario, given, "scenario"), root, console.error);
  const scenario = parse(Scenario, donors === 0 ? given : { layers: evenShares(L, donors), ...given }, "scenario");
  const { models, url } = modelPlace(await modelFile(scenario, root, console.error));
  const draft = await draftFiles(scenario, root, console.error);
  const room = await TabRoom.open({ models: [...models, ...draft.models], donors, browser, ...inits });
  const ring = await room.start({ ...ringOptions(scenario, url), ...draft.options });
  if (ring.kind !== "ready") throw new Error("message" in ring ? ring.message : "the ring did not start");
  await checkDraft(room);
  return {
    name: donors === 0 ? "host alone" : donors === 1 ? "1 donor" : `${donors} donors`,
    donors,
    room,
    async model() {
      const { tokenizer } = await factsOf(scenario, root, console.error);
      if (tokenizer === null) throw new Error(`${scenario.model} has no tokenizer`);
      return { name: scenario.model, tokenizer };
    },
    ask: (prompt, tokens, decoding) => askCase(room, scenario, { ...prompt, tokens }, undefined, decoding),
    [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
  };
}

/** One after the other. Rejects with those that were open closed again. */
export async function openBenchRings<T>(
  all: readonly T[],
  open: (one: T) => Promise<BenchRing>,
): Promise<AsyncDisposable & { readonly opened: readonly BenchRing[] }> {
  const opened: BenchRing[] = [];
  const close = async () => {
    for (const ring of opened) await ring[Symbol.asyncDispose]();
  };
  try {
    for (const one of all) opened.push(await open(one));
  } catch (error) {
    await close();
    throw error;
  }
  return { opened, [Symbol.asyncDispose]: close };
}

/** Of the golden file. */
export function goldenPrompt(id: string): Prompt {
  const prompt = parse(Prompts, golden, "golden").find((one) => one.id === id);
  if (prompt === undefined) throw new Error(`the golden file has no case ${id}`);
  return prompt;
}

/** The same for peers. */
export function goldenPeerPrompt(id: string): PeerPrompt {
  const found = golden.cases.find((one) => one.id === id);
  if (found === undefined) throw new Error(`the golden file has no case ${id}`);
  return found;
}

export function benchModel(): Promise<string> {
  return modelFile({ model: "smollm2-135m-instruct" }, root, console.error);
}

/** The model's address on the ring's server. */
export async function modelUrlOf({ room }: BenchRing): Promise<string> {
  const { url } = modelPlace(await benchModel());
  return new URL(url, room.server.url).href;
}

export function prefillMsPerToken({ finished }: HarnessAnswer): number {
  return finished.timings.prefillMs / finished.ids.length;
}

/** From the first token to the last. */
export function decodeMsPerToken({ finished }: HarnessAnswer): number {
  return finished.timings.decodeMs / (finished.output.length - 1);
}

/** What the stages of a lap computed. */
export function computeMs({ stageTimes }: Pick<LapEvent, "stageTimes">): number {
  return stageTimes.reduce((sum, { computeUs }) => sum + computeUs / 1000, 0);
}

/** Layers of each of so many stages. */
export function evenShares(layers: number, stages: number): number[] {
  return Array.from(
    { length: stages },
    (_, i) => Math.floor(((i + 1) * layers) / stages) - Math.floor((i * layers) / stages),
  );
}
