/** A checkpoint's tensors as the weights of layers, head and embedding. */
import { isQuantised, toBlockWeights } from "./block-weights.ts";
import { BLOCKS, dequantize } from "./blocks.ts";
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import type { LinearWeights } from "./onnx/linear.ts";
import type { LayerWeights } from "./onnx/stage-graph.ts";
import type { Checkpoint, TensorEntry } from "./shape.ts";
import { inLayer, LAYER_PARTS } from "./tensor-names.ts";

export function findTensor(checkpoint: Checkpoint, name: string): TensorEntry {
  const entry = checkpoint.tensors.find((t) => t.name === name);
  if (entry === undefined) throw new ModelError("missing-tensor", `The checkpoint has no tensor ${name}.`);
  return entry;
}

/** How a back end holds matrices: unpacked to float32, or in the file's blocks (F32 and F16 tensors are dense in either). */
export type WeightForm = "dense" | "blocks";

/** Memory for a dense matrix of `length` values; what it holds before does not matter. */
export type Allocate = (length: number) => Float32Array;

const newFloats: Allocate = (length) => new Float32Array(length);

async function read(source: ByteSource, { name, sizeBytes, offsetBytes }: TensorEntry): Promise<Uint8Array> {
  const bytes = await source.read(offsetBytes, sizeBytes);
  if (bytes.length !== sizeBytes) {
    throw new ModelError("truncated", `${name} takes ${sizeBytes} bytes, ${bytes.length} came; fetch the file again.`);
  }
  return bytes;
}

async function vector(checkpoint: Checkpoint, source: ByteSource, name: string, length: number): Promise<Float32Array> {
  const entry = shaped(findTensor(checkpoint, name), [length]);
  const out = new Float32Array(length);
  dequantize(entry.type, await read(source, entry), out);
  return out;
}

async function linear(
  checkpoint: Checkpoint,
  source: ByteSource,
  name: string,
  [N, K]: readonly [number, number],
  form: WeightForm,
  heads: number | null = null,
  allocate: Allocate = newFloats,
): Promise<LinearWeights> {
  const entry = shaped(findTensor(checkpoint, `${name}.weight`), [N, K]);
  const hasBias = checkpoint.tensors.some((t) => t.name === `${name}.bias`);
  const bias = hasBias ? await vector(checkpoint, source, `${name}.bias`, N) : null;
  const inFile = await read(source, entry);
  const permutedHeads = checkpoint.shape.architecture === "llama" ? heads : null;
  const bytes = permutedHeads === null ? inFile : unpermuteRows(inFile, inFile.length / N, permutedHeads);
  let weights: LinearWeights["weights"];
  if (form === "blocks" && isQuantised(entry.type)) {
    weights = toBlockWeights(entry.type, bytes, N, K);
  } else {
    weights = { form: "dense", data: allocate(N * K) };
    dequantize(entry.type, bytes, weights.data);
  }
  return {
    N,
    K,
    weights,
    bias: permutedHeads === null || bias === null ? bias : unpermuteRows(bias, 1, permutedHeads),
  };
}

function shaped(entry: TensorEntry, dims: readonly number[]): TensorEntry {
  if (entry.dims.length === dims.length && entry.dims.every((n, i) => n === dims[i])) return entry;
  throw new ModelError(
    "shape",
    `${entry.name} is ${entry.dims.join(" x ")}, the header's numbers make it ${dims.join(" x ")}; choose another file of this model.`,
  );
}

/**
 * llama files hold the rows of Q and K so that neighbours (2i, 2i + 1) of a head rotate together; this puts them back to halves
 * (i, i + E/2), which one graph form serves for every architecture. Exact: rows (of weights or of packed bytes) only change places.
 */
function unpermuteRows<T extends Float32Array | Uint8Array>(rows: T, rowLength: number, heads: number): T {
  const E = rows.length / rowLength / heads;
  const out = rows.slice() as T;
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < E; i++) {
      const from = h * E + (i < E / 2 ? 2 * i : 2 * (i - E / 2) + 1);
      out.set(rows.subarray(from * rowLength, (from + 1) * rowLength), (h * E + i) * rowLength);
    }
  }
  return out;
}

/** The tensors that `loadLayer` reads. */
export function layerTensors(checkpoint: Checkpoint, index: number): readonly TensorEntry[] {
  const names = new Set(
    LAYER_PARTS.flatMap((part) => [inLayer(index, `${part}.weight`), inLayer(index, `${part}.bias`)]),
  );
  return checkpoint.tensors.filter(({ name }) => names.has(name));
}

export async function loadLayer(
  checkpoint: Checkpoint,
  source: ByteSource,
  index: number,
  form: WeightForm = "dense",
  allocate: Allocate = newFloats,
): Promise<LayerWeights> {
  const { D, F, H, K, E } = checkpoint.shape;
  const name = (part: string) => inLayer(index, part);
  const get = (part: string, dims: readonly [number, number], heads: number | null = null) =>
    linear(checkpoint, source, name(part), dims, form, heads, allocate);
  return {
    attentionNorm: await vector(checkpoint, source, name("attn_norm.weight"), D),
    query: await get("attn_q", [H * E, D], H),
    key: await get("attn_k", [K * E, D], K),
    value: await get("attn_v", [K * E, D]),
    attentionOutput: await get("attn_output", [D, H * E]),
    feedForwardNorm: await vector(checkpoint, source, name("ffn_norm.weight"), D),
    gate: await get("ffn_gate", [F, D]),
    up: await get("ffn_up", [F, D]),
    down: await get("ffn_down", [D, F]),
  };
}

/** The tensors that `loadHead` reads. */
export function headTensors(checkpoint: Checkpoint): readonly TensorEntry[] {
  return [findTensor(checkpoint, "output_norm.weight"), findTensor(checkpoint, `${headName(checkpoint)}.weight`)];
}

/** The head is the embedding's tensor where the two are tied. */
function headName({ tiedHead }: Checkpoint): string {
  return tiedHead ? "token_embd" : "output";
}

export interface HeadWeights {
  /** float32 `[D]`. */
  readonly norm: Float32Array;
  /** `[V, D]`. */
  readonly head: LinearWeights;
}

/** Final norm and LM head. */
export async function loadHead(
  checkpoint: Checkpoint,
  source: ByteSource,
  form: WeightForm = "dense",
): Promise<HeadWeights> {
  const { D, V } = checkpoint.shape;
  return {
    norm: await vector(checkpoint, source, "output_norm.weight", D),
    head: await linear(checkpoint, source, headName(checkpoint), [V, D], form),
  };
}

/** Token ids → float32 `[T, D]`. */
export type Embedding = (ids: readonly number[]) => Float32Array;

/** Keeps the embedding packed, as in the file, and unpacks the rows that are asked for. */
export async function loadEmbedding(checkpoint: Checkpoint, source: ByteSource): Promise<Embedding> {
  const { D, V } = checkpoint.shape;
  const entry = shaped(findTensor(checkpoint, "token_embd.weight"), [V, D]);
  const bytes = await read(source, entry);
  const rowBytes = (D / BLOCKS[entry.type].values) * BLOCKS[entry.type].bytes;
  return (ids) => {
    const out = new Float32Array(ids.length * D);
    ids.forEach((id, i) => {
      if (!Number.isInteger(id) || id < 0 || id >= V) throw new RangeError(`token id ${id} is not in 0..${V - 1}`);
      dequantize(entry.type, bytes.subarray(id * rowBytes, (id + 1) * rowBytes), out.subarray(i * D, (i + 1) * D));
    });
    return out;
  };
}
