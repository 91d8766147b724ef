/** A checkpoint's tensors as the weights of layers, head and embedding. */
import { dequantize, BLOCKS } from "./blocks.ts";
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import type { LinearWeights } from "./onnx/linear.ts";
import type { LayerWeights } from "./onnx/stage-graph.ts";
import type { Checkpoint, TensorEntry } from "./shape.ts";

export function findTensor(checkpoint: Checkpoint, name: string): TensorEntry {
  const entry = checkpoint.tensors.find((t) => t.name === name);
  if (entry === undefined) throw new ModelError("missing-tensor", `The checkpoint has no tensor ${name}.`);
  return entry;
}

async function read(source: ByteSource, entry: TensorEntry): Promise<Uint8Array> {
  const bytes = await source.read(entry.offsetBytes, entry.sizeBytes);
  if (bytes.length !== entry.sizeBytes) {
    throw new ModelError("truncated", `${entry.name} takes ${entry.sizeBytes} bytes, ${bytes.length} came; fetch the file again.`);
  }
  return bytes;
}

async function floats(source: ByteSource, entry: TensorEntry): Promise<Float32Array> {
  const out = new Float32Array(entry.dims.reduce((a, b) => a * b, 1));
  dequantize(entry.type, await read(source, entry), out);
  return out;
}

async function linear(checkpoint: Checkpoint, source: ByteSource, name: string, heads: number | null): Promise<LinearWeights> {
  const weight = findTensor(checkpoint, `${name}.weight`);
  const [N = 0, K = 0] = weight.dims;
  const biasEntry = checkpoint.tensors.find((t) => t.name === `${name}.bias`);
  const data = await floats(source, weight);
  const bias = biasEntry === undefined ? null : await floats(source, biasEntry);
  const permuted = heads !== null && checkpoint.shape.architecture === "llama";
  return {
    N,
    K,
    weights: { form: "dense", data: permuted ? unpermuteRows(data, K, heads) : data },
    bias: permuted && bias !== null ? unpermuteRows(bias, 1, heads) : bias,
  };
}

/**
 * llama files hold the rows of Q and K so that neighbours (2i, 2i + 1) of a head rotate together; this puts them back to halves
 * (i, i + E/2), which one graph form serves for every architecture. Exact: rows only change places.
 */
export function unpermuteRows(rows: Float32Array, rowLength: number, heads: number): Float32Array {
  const E = rows.length / rowLength / heads;
  const out = new Float32Array(rows.length);
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < E; i++) {
      const from = h * E + (i < E / 2 ? 2 * i : 2 * (i - E / 2) + 1);
      out.set(rows.subarray(from * rowLength, (from + 1) * rowLength), (h * E + i) * rowLength);
    }
  }
  return out;
}

/** Layer `index`, unpacked to float32. */
export async function loadLayer(checkpoint: Checkpoint, source: ByteSource, index: number): Promise<LayerWeights> {
  const { H, K } = checkpoint.shape;
  const name = (part: string) => `blk.${index}.${part}`;
  const get = (part: string, heads: number | null = null) => linear(checkpoint, source, name(part), heads);
  return {
    attentionNorm: await floats(source, findTensor(checkpoint, name("attn_norm.weight"))),
    query: await get("attn_q", H),
    key: await get("attn_k", K),
    value: await get("attn_v"),
    attentionOutput: await get("attn_output"),
    feedForwardNorm: await floats(source, findTensor(checkpoint, name("ffn_norm.weight"))),
    gate: await get("ffn_gate"),
    up: await get("ffn_up"),
    down: await get("ffn_down"),
  };
}

/** Final norm and LM head (the embedding's tensor where the two are tied). */
export async function loadHead(checkpoint: Checkpoint, source: ByteSource): Promise<{ norm: Float32Array; head: LinearWeights }> {
  return {
    norm: await floats(source, findTensor(checkpoint, "output_norm.weight")),
    head: await linear(checkpoint, source, checkpoint.tiedHead ? "token_embd" : "output", null),
  };
}

/** Keeps the embedding packed, as in the file, and unpacks the rows that are asked for: token ids → float32 `[T, D]`. */
export async function loadEmbedding(checkpoint: Checkpoint, source: ByteSource): Promise<(ids: readonly number[]) => Float32Array> {
  const entry = findTensor(checkpoint, "token_embd.weight");
  const bytes = await read(source, entry);
  const { D, V } = checkpoint.shape;
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
