/**
 * Medusa heads (Cai et al. 2024) that share the checkpoint's LM head: each is a few residual blocks before it. Head k (from 1 on) guesses the token k places after the
 * one that the LM head names.
 */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import { readSafetensors, readTensor, type SafetensorsEntry } from "./safetensors.ts";

/** `h + silu(W h + b)`. */
export interface ResidualBlock {
  /** float32 `[D, D]`. */
  readonly weight: Float32Array;
  /** float32 `[D]`. */
  readonly bias: Float32Array;
}

/** Blocks in order; before the first the hidden state as the LM head takes it. */
export type MedusaHead = readonly ResidualBlock[];

const MOST_HEADS = 8;
const MOST_BLOCKS = 4;

/** `medusa_head.K.BLOCK.linear.{weight,bias}`, K from 1 on. Rejects `ModelError` where they are not heads for a model of hidden size `D`. */
export async function loadMedusaHeads(source: ByteSource, D: number): Promise<readonly MedusaHead[]> {
  const entries = new Map((await readSafetensors(source)).map((entry) => [entry.name, entry]));
  const tensor = async (name: string, dims: readonly number[]) => readTensor(source, shaped(entries, name, dims));
  const heads: MedusaHead[] = [];
  while (heads.length < MOST_HEADS && entries.has(weightName(heads.length + 1, 0))) {
    const k = heads.length + 1;
    const blocks: ResidualBlock[] = [];
    for (let i = 0; i < MOST_BLOCKS && entries.has(weightName(k, i)); i++) {
      const weight = await tensor(weightName(k, i), [D, D]);
      blocks.push({ weight, bias: await tensor(`medusa_head.${k}.${i}.linear.bias`, [D]) });
    }
    heads.push(blocks);
  }
  if (heads.length > 0) return heads;
  const text = `The file has no ${weightName(1, 0)}; heads are trained by scripts/medusa/train.py.`;
  throw new ModelError("missing-tensor", text);
}

function weightName(head: number, block: number): string {
  return `medusa_head.${head}.${block}.linear.weight`;
}

function shaped(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  name: string,
  dims: readonly number[],
): SafetensorsEntry {
  const entry = entries.get(name);
  if (entry === undefined) throw new ModelError("missing-tensor", `The file has no ${name}; train the heads again.`);
  if (entry.dims.join() === dims.join()) return entry;
  const text = `${name} is ${entry.dims.join(" x ")}, this model's is ${dims.join(" x ")}: the heads are another model's.`;
  throw new ModelError("shape", text);
}
