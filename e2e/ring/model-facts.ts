/** What planner and simulator need to know of a scenario's model, whether it is there or only a shape; and how long its prompts are. */
import { basename } from "node:path";
import { layerOf, readGguf, type TensorEntry } from "@jupiter/model";
import { createTokenizer, type Tokenizer } from "@jupiter/model/tokenizer";
import { fileSource } from "./file-source.ts";
import { madeUpIds, modelFile } from "./run.ts";
import { ScenarioError, type Prompt, type Scenario } from "./scenario.ts";

export interface ModelFacts {
  readonly L: number;
  readonly D: number;
  /** `[L]`: weights and cache of each layer, as far as they are known; a device's `memoryBytes` is held against them. */
  readonly layerBytes: readonly number[];
  /** Null: a model that is not there. */
  readonly tokenizer: Tokenizer | null;
}

/** Conversations whose cache a ring keeps. */
export const ARENAS = 4;

export async function factsOf(scenario: Scenario, folder: string, say: (message: string) => void): Promise<ModelFacts> {
  if (scenario.shape !== undefined) {
    const { L, D, layerBytes = 0 } = scenario.shape;
    return { L, D, layerBytes: Array<number>(L).fill(layerBytes), tokenizer: null };
  }
  const file = await modelFile(scenario, folder, say);
  const { checkpoint, metadata } = await readGguf(fileSource(file), basename(file));
  const { L, D, K, E } = checkpoint.shape;
  const cacheBytes = 4 * scenario.context * 2 * K * E * ARENAS;
  const layerBytes = weightsOf(checkpoint.tensors, L).map((sizeBytes) => sizeBytes + cacheBytes);
  return { L, D, layerBytes, tokenizer: createTokenizer(metadata) };
}

/** As the file has them, which is how wasm and WebGPU hold them but for some padding. */
function weightsOf(tensors: readonly TensorEntry[], L: number): readonly number[] {
  const sizes = Array<number>(L).fill(0);
  for (const { name, sizeBytes } of tensors) {
    const layer = layerOf(name);
    if (layer !== null && layer < L) sizes[layer] = (sizes[layer] ?? 0) + sizeBytes;
  }
  return sizes;
}

/** Without a tokenizer the ids that stand beside the words. Throws `ScenarioError` where there are none. */
export function idsOf({ id, messages, text, ids, promptTokens }: Prompt, { tokenizer }: ModelFacts): Int32Array {
  const hasWords = messages !== undefined || text !== undefined;
  if (!hasWords || (tokenizer === null && ids !== undefined))
    return Int32Array.from(ids ?? madeUpIds(promptTokens ?? 1));
  if (tokenizer === null)
    throw new ScenarioError(`${id}: without a model there is no tokenizer; give ids or promptTokens.`);
  return tokenizer.encode(messages === undefined ? (text ?? "") : tokenizer.renderChat(messages));
}
