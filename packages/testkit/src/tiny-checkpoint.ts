/** A complete GGUF file of a few hundred kilobytes with random weights: architecture, every supported block type, tokenizer, chat template. */
import type { Architecture, BlockType, ByteSource } from "@jupiter/model";
import { randomBlocks, seeded } from "./tiny-checkpoint-blocks.ts";
import { BYTE_TOKENS, CHAT_TEMPLATE, MERGES, SPECIALS } from "./tiny-checkpoint-vocabulary.ts";

export interface TinyCheckpointOptions {
  /** Default llama. qwen2 has biases on Q, K and V. */
  readonly architecture?: Architecture;
  /** Letters as in `ModelShape`; E is D / H. Rows of K-quants need D and F that are multiples of 256. */
  readonly dims?: Partial<typeof DIMS>;
  /** Block type of a matrix by its name (`blk.0.attn_q.weight`); default Q4_1, embedding and head Q8_0. Vectors are F32. */
  readonly typeOf?: (name: string) => BlockType;
  /** Default true: the LM head is the embedding's tensor. */
  readonly tiedHead?: boolean;
  readonly seed?: number;
  /** Keys of the header beside those of a sound file, or in their place. */
  readonly metadata?: Readonly<Record<string, Value>>;
  /** Tensors that the file is without. */
  readonly lacks?: (name: string) => boolean;
}

const DIMS = { L: 4, D: 64, F: 128, H: 4, K: 2, V: 320 };
const ALIGNMENT_BYTES = 32;
const TYPE_NUMBERS: Readonly<Record<BlockType, number>> = {
  F32: 0,
  F16: 1,
  BF16: 30,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  IQ4_NL: 20,
};

interface Tensor {
  readonly name: string;
  readonly type: BlockType;
  /** Row-major `[out, in]`. */
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

/** The file's bytes; the same for the same options, on every machine. */
export function tinyCheckpoint(options: TinyCheckpointOptions = {}): Uint8Array {
  const dims = { ...DIMS, ...options.dims };
  const architecture = options.architecture ?? "llama";
  const { metadata: more = {}, lacks = () => false } = options;
  const tensors = makeTensors(dims, architecture, options).filter(({ name }) => !lacks(name));
  const w = new Writer();
  w.raw(new TextEncoder().encode("GGUF"));
  w.u32(3);
  w.u64(tensors.length);
  const metadata = new Map([...makeMetadata(dims, architecture), ...Object.entries(more)]);
  w.u64(metadata.size);
  for (const [key, value] of metadata) {
    w.text(key);
    w.value(value);
  }
  let offsetBytes = 0;
  for (const { name, type, dims: shape, data } of tensors) {
    w.text(name);
    w.u32(shape.length);
    for (const n of [...shape].reverse()) w.u64(n);
    w.u32(TYPE_NUMBERS[type]);
    w.u64(offsetBytes);
    offsetBytes += data.length + padding(data.length);
  }
  w.raw(new Uint8Array(padding(w.sizeBytes)));
  for (const { data } of tensors) {
    w.raw(data);
    w.raw(new Uint8Array(padding(data.length)));
  }
  return w.finish();
}

/** A file in memory. */
export function memoryByteSource(bytes: Uint8Array): ByteSource {
  return { read: (offsetBytes, sizeBytes) => Promise.resolve(bytes.slice(offsetBytes, offsetBytes + sizeBytes)) };
}

function makeTensors(
  { L, D, F, H, K, V }: typeof DIMS,
  architecture: Architecture,
  { seed = 1, tiedHead = true, typeOf = (name) => (name.startsWith("blk.") ? "Q4_1" : "Q8_0") }: TinyCheckpointOptions,
): Tensor[] {
  const random = seeded(seed);
  const E = D / H;
  const matrix = (name: string, N: number, columns: number, spread = 1 / Math.sqrt(columns)): Tensor => {
    const type = typeOf(name);
    const data = randomBlocks(type, N, columns, spread, random);
    if (data === null)
      throw new RangeError(`${name}: rows of ${columns} weights are not whole blocks of ${type}; choose other dims.`);
    return { name, type, dims: [N, columns], data };
  };
  const vector = (name: string, n: number, middle: number, spread: number): Tensor => {
    const values = Float32Array.from({ length: n }, () => middle + (random() - 0.5) * spread);
    return { name, type: "F32", dims: [n], data: new Uint8Array(values.buffer) };
  };
  const layer = (i: number): Tensor[] => {
    const name = (part: string) => `blk.${i}.${part}`;
    const projection = (part: string, N: number): Tensor[] => [
      matrix(name(`${part}.weight`), N, D),
      ...(architecture === "qwen2" ? [vector(name(`${part}.bias`), N, 0, 1)] : []),
    ];
    return [
      vector(name("attn_norm.weight"), D, 1, 0.5),
      ...projection("attn_q", H * E),
      ...projection("attn_k", K * E),
      ...projection("attn_v", K * E),
      matrix(name("attn_output.weight"), D, H * E),
      vector(name("ffn_norm.weight"), D, 1, 0.5),
      matrix(name("ffn_gate.weight"), F, D),
      matrix(name("ffn_up.weight"), F, D),
      matrix(name("ffn_down.weight"), D, F),
    ];
  };
  // Rows of the head three times as large as a matrix's, so that the best logit stands out.
  const headSpread = 3 / Math.sqrt(D);
  return [
    matrix("token_embd.weight", V, D, headSpread),
    ...Array.from({ length: L }, (_, i) => layer(i)).flat(),
    vector("output_norm.weight", D, 1, 0.5),
    ...(tiedHead ? [] : [matrix("output.weight", V, D, headSpread)]),
  ];
}

/** Texts, whole numbers (u32), `{ float }` and lists of texts or whole numbers: what the header needs. */
type Value = string | number | { readonly float: number } | readonly string[] | readonly number[];

function makeMetadata({ L, D, F, H, K, V }: typeof DIMS, architecture: Architecture): [string, Value][] {
  const spare = V - BYTE_TOKENS.length - SPECIALS.length;
  if (spare < 0) throw new RangeError(`V is ${V}; the bytes and special tokens alone are ${V - spare}.`);
  const merges = MERGES.slice(0, spare);
  const unused = Array.from({ length: spare - merges.length }, (_, i) => `<|unused_${i}|>`);
  const tokens = [...BYTE_TOKENS, ...merges.map((merge) => merge.replace(" ", "")), ...unused, ...SPECIALS];
  const special = (token: string) => tokens.indexOf(token);
  return [
    ["general.architecture", architecture],
    ["general.name", `tiny ${architecture} with random weights`],
    [`${architecture}.block_count`, L],
    [`${architecture}.embedding_length`, D],
    [`${architecture}.feed_forward_length`, F],
    [`${architecture}.attention.head_count`, H],
    [`${architecture}.attention.head_count_kv`, K],
    [`${architecture}.attention.layer_norm_rms_epsilon`, { float: 1e-5 }],
    [`${architecture}.rope.freq_base`, { float: 10000 }],
    [`${architecture}.context_length`, 2048],
    ["tokenizer.ggml.model", "gpt2"],
    ["tokenizer.ggml.pre", "smollm"],
    ["tokenizer.ggml.tokens", tokens],
    ["tokenizer.ggml.token_type", tokens.map((token) => (token.startsWith("<|") ? 3 : 1))],
    ["tokenizer.ggml.merges", merges],
    ["tokenizer.ggml.eos_token_id", special("<|im_end|>")],
    ["tokenizer.chat_template", CHAT_TEMPLATE],
  ];
}

function padding(sizeBytes: number): number {
  return (ALIGNMENT_BYTES - (sizeBytes % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
}

/** GGUF's little-endian values, one after the other. */
class Writer {
  readonly #parts: Uint8Array[] = [];
  sizeBytes = 0;

  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.sizeBytes += bytes.length;
  }

  u32(value: number): void {
    this.raw(new Uint8Array(Uint32Array.of(value).buffer));
  }

  u64(value: number): void {
    this.raw(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u64(bytes.length);
    this.raw(bytes);
  }

  /** With its type number first: 4 u32, 6 float32, 8 text, 9 list. */
  value(value: Value): void {
    if (typeof value === "string") {
      this.u32(8);
      this.text(value);
    } else if (typeof value === "number") {
      this.u32(4);
      this.u32(value);
    } else if ("float" in value) {
      this.u32(6);
      this.raw(new Uint8Array(Float32Array.of(value.float).buffer));
    } else {
      this.u32(9);
      this.u32(typeof value[0] === "string" ? 8 : 4);
      this.u64(value.length);
      for (const item of value) {
        if (typeof item === "string") this.text(item);
        else this.u32(item);
      }
    }
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.sizeBytes);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
