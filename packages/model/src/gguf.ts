/** Reads a GGUF file's header (versions 2 and 3) out of byte ranges. The bytes are hostile until they have passed every check here. */
import { BLOCKS } from "./blocks.ts";
import { ModelError } from "./errors.ts";
import type { Architecture, BlockType, Checkpoint, TensorEntry } from "./shape.ts";
import { inLayer, LAYER_PARTS } from "./tensor-names.ts";

/** Somewhere that a file's bytes can be had from, piece by piece. */
export interface ByteSource {
  /** At most `sizeBytes` bytes from `offsetBytes` on; fewer only at the end of the file. */
  read(offsetBytes: number, sizeBytes: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * The same into memory that is there already, where the source can; resolves to the number of bytes that came. `came`: so many stand at the
   * target's start by now, and stay good also if the rest does not come.
   */
  readInto?(
    target: Uint8Array,
    offsetBytes: number,
    signal?: AbortSignal,
    came?: (sizeBytes: number) => void,
  ): Promise<number>;
  /** How long it may be away before reads of it are given up, as servers restart; default: three more tries. */
  readonly patienceMs?: number;
}

export type MetadataValue = string | number | boolean | readonly MetadataValue[];

export interface GgufHeader {
  readonly checkpoint: Checkpoint;
  readonly metadata: ReadonlyMap<string, MetadataValue>;
}

/** Largest models of today stay well below each of these. */
const LIMIT = {
  headerBytes: 64 << 20,
  tensors: 8192,
  keys: 4096,
  nameBytes: 1024,
  textBytes: 4 << 20,
  items: 1 << 20,
  depth: 2,
} as const;
/** Of a shape's sizes. */
const MOST = { L: 1024, D: 1 << 16, F: 1 << 20, H: 1024, K: 1024, E: 1024, V: 1 << 20 } as const;
const TYPE_NAMES: Readonly<Record<number, BlockType>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  8: "Q8_0",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  20: "IQ4_NL",
  30: "BF16",
};

export async function readGguf(source: ByteSource, id: string, signal?: AbortSignal): Promise<GgufHeader> {
  // Headers are a few MB, most of it vocabulary: read twice as much until the parser is content.
  for (let sizeBytes = 4 << 20; ; sizeBytes *= 2) {
    const bytes = await source.read(0, sizeBytes, signal);
    try {
      return parse(bytes, id);
    } catch (error) {
      const short = error instanceof ModelError && error.reason === "truncated" && bytes.length === sizeBytes;
      if (!short || sizeBytes >= LIMIT.headerBytes) throw error;
    }
  }
}

function parse(bytes: Uint8Array, id: string): GgufHeader {
  const r = new Reader(bytes);
  if (bytes.length < 4 || r.u32() !== 0x46554747)
    throw new ModelError("not-gguf", "The file does not begin with GGUF; choose a .gguf file.");
  const version = r.u32();
  if (version !== 2 && version !== 3)
    throw new ModelError("unsupported", `GGUF version ${version}; versions 2 and 3 are read.`);
  const tensorCount = r.count("tensors", LIMIT.tensors);
  const keyCount = r.count("metadata keys", LIMIT.keys);
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < keyCount; i++) metadata.set(r.text(LIMIT.nameBytes), r.value(r.u32(), 0));
  const raw = Array.from({ length: tensorCount }, () => readTensor(r));
  const alignment = numberOf(metadata, "general.alignment", 32);
  if (alignment < 1 || alignment > 4096) throw new ModelError("limits", `Alignment ${alignment} is out of 1..4096.`);
  const dataStart = Math.ceil(r.offset / alignment) * alignment;
  const names = new Set(raw.map(({ name }) => name));
  if (names.size !== raw.length) throw new ModelError("limits", "Two tensors of the file have the same name.");
  const tensors = raw.map((t): TensorEntry => ({ ...t, offsetBytes: t.offsetBytes + dataStart }));
  return { checkpoint: checkpointOf(id, metadata, tensors), metadata };
}

function readTensor(r: Reader): TensorEntry {
  const name = r.text(LIMIT.nameBytes);
  const rank = r.u32();
  if (rank < 1 || rank > 4) throw new ModelError("limits", `Tensor ${name} has rank ${rank}; 1 to 4 are possible.`);
  const dims = Array.from({ length: rank }, () => r.u64("dimension")).reverse();
  const typeNumber = r.u32();
  const type = TYPE_NAMES[typeNumber];
  if (type === undefined) {
    throw new ModelError(
      "unsupported",
      `Tensor ${name} has block type ${typeNumber}; supported are ${Object.values(TYPE_NAMES).join(", ")}. Choose another quantisation.`,
    );
  }
  const { values, bytes } = BLOCKS[type];
  const sizeBytes = (dims.reduce((a, b) => a * b, 1) / values) * bytes;
  if ((dims.at(-1) ?? 0) % values !== 0 || !Number.isSafeInteger(sizeBytes) || sizeBytes <= 0) {
    throw new ModelError("limits", `Tensor ${name} of ${dims.join(" x ")} cannot be ${type}.`);
  }
  return { name, type, dims, offsetBytes: r.u64("offset"), sizeBytes, sha256: null };
}

function checkpointOf(
  id: string,
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: readonly TensorEntry[],
): Checkpoint {
  const architecture = metadata.get("general.architecture");
  if (architecture !== "llama" && architecture !== "qwen2") {
    throw new ModelError("unsupported", `Architecture ${String(architecture)}; supported are llama and qwen2.`);
  }
  const a: Architecture = architecture;
  const number = (key: string, fallback?: number) => numberOf(metadata, `${a}.${key}`, fallback);
  const embedding = tensors.find(({ name }) => name === "token_embd.weight");
  const V = embedding?.dims[0];
  if (V === undefined) throw new ModelError("missing-tensor", "The file has no token_embd.weight.");
  const H = number("attention.head_count");
  const D = number("embedding_length");
  const shape = {
    architecture: a,
    L: number("block_count"),
    D,
    F: number("feed_forward_length"),
    H,
    K: number("attention.head_count_kv", H),
    E: number("attention.key_length", D / H),
    V,
    ropeBase: number("rope.freq_base", 10000),
    rmsEpsilon: number("attention.layer_norm_rms_epsilon"),
    contextLength: number("context_length"),
  };
  for (const [letter, most] of Object.entries(MOST)) {
    const size = shape[letter as keyof typeof MOST];
    if (!Number.isInteger(size) || size > most)
      throw new ModelError("limits", `The header says ${letter} = ${size}; whole numbers up to ${most} are read.`);
  }
  refuseOtherRotations(metadata, tensors, a, shape.E);
  refuseParts(metadata, tensors, shape.L);
  return { id, shape, tiedHead: !tensors.some(({ name }) => name === "output.weight"), tensors };
}

/** Scaled, or of a part of each head: computed as if they were not, such models write nonsense. */
function refuseOtherRotations(
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: readonly TensorEntry[],
  a: Architecture,
  E: number,
): void {
  // Files of before `rope.scaling` have the factor alone.
  const linear = metadata.get(`${a}.rope.scale_linear`) ?? 1;
  const kind = metadata.get(`${a}.rope.scaling.type`) ?? (linear === 1 ? "none" : "linear");
  const factor = metadata.get(`${a}.rope.scaling.factor`) ?? linear;
  if ((kind !== "none" && factor !== 1) || tensors.some(({ name }) => /(^|\.)rope_(freqs|factors)/.test(name)))
    throw new ModelError(
      "unsupported",
      `The model's positions are scaled (${String(kind)}, factor ${String(factor)}), which is not computed here. Choose a file without scaling, often the one with the shorter context.`,
    );
  const rotated = numberOf(metadata, `${a}.rope.dimension_count`, E);
  if (rotated !== E)
    throw new ModelError(
      "unsupported",
      `The model rotates ${rotated} of each head's ${E} numbers; only all of them are computed here.`,
    );
}

/** Of a file in several parts, or of a mixture of experts, layers would be missing when they are wanted. */
function refuseParts(metadata: ReadonlyMap<string, MetadataValue>, tensors: readonly TensorEntry[], L: number): void {
  const names = new Set(tensors.map(({ name }) => name));
  const parts = Number(metadata.get("split.count") ?? 1);
  if (parts > 1)
    throw new ModelError(
      "missing-tensor",
      `The file is one of ${parts} parts of a model. Choose a file that is whole.`,
    );
  for (let layer = 0; layer < L; layer++) {
    const lacking = LAYER_PARTS.map((part) => inLayer(layer, `${part}.weight`)).find((name) => !names.has(name));
    if (lacking !== undefined)
      throw new ModelError(
        "missing-tensor",
        `The file has no ${lacking}: it is not whole, or a model of another kind (a mixture of experts, say). Choose another one.`,
      );
  }
  if (!names.has("output_norm.weight")) throw new ModelError("missing-tensor", "The file has no output_norm.weight.");
}

function numberOf(metadata: ReadonlyMap<string, MetadataValue>, key: string, fallback?: number): number {
  const value = metadata.get(key) ?? fallback;
  if (typeof value !== "number" || !(value > 0))
    throw new ModelError("limits", `The file's ${key} must be a positive number.`);
  return value;
}

class Reader {
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(what: string): number {
    const value = Number(this.#view.getBigUint64(this.#take(8), true));
    if (!Number.isSafeInteger(value))
      throw new ModelError("limits", `The header has ${value} for its ${what}, beyond 2^53: the file is damaged.`);
    return value;
  }

  count(what: string, limit: number): number {
    const value = this.u64(what);
    if (value > limit) throw new ModelError("limits", `The file claims ${value} ${what}; at most ${limit} are read.`);
    return value;
  }

  text(limitBytes: number): string {
    const length = this.count("bytes of text", limitBytes);
    const start = this.#take(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  value(type: number, depth: number): MetadataValue {
    switch (type) {
      case 0:
        return this.#view.getUint8(this.#take(1));
      case 1:
        return this.#view.getInt8(this.#take(1));
      case 2:
        return this.#view.getUint16(this.#take(2), true);
      case 3:
        return this.#view.getInt16(this.#take(2), true);
      case 4:
        return this.u32();
      case 5:
        return this.#view.getInt32(this.#take(4), true);
      case 6:
        return this.#view.getFloat32(this.#take(4), true);
      case 7:
        return this.#view.getUint8(this.#take(1)) !== 0;
      case 8:
        return this.text(LIMIT.textBytes);
      case 9: {
        if (depth >= LIMIT.depth) throw new ModelError("limits", "Metadata arrays are nested too deeply.");
        const itemType = this.u32();
        const count = this.count("array items", LIMIT.items);
        const items: MetadataValue[] = []; // grows as items prove to be there: a claimed length allocates nothing
        for (let i = 0; i < count; i++) items.push(this.value(itemType, depth + 1));
        return items;
      }
      case 10:
        return this.u64("metadata number");
      case 11:
        return Number(this.#view.getBigInt64(this.#take(8), true));
      case 12:
        return this.#view.getFloat64(this.#take(8), true);
      default:
        throw new ModelError("not-gguf", `Metadata type ${type} does not exist; the file is damaged.`);
    }
  }

  #take(sizeBytes: number): number {
    const start = this.offset;
    if (start + sizeBytes > this.#bytes.length)
      throw new ModelError("truncated", "The header ends before its last entry.");
    this.offset = start + sizeBytes;
    return start;
  }
}
