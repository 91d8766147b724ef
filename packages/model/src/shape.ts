/** What the rest of the product knows of a checkpoint, before any weights are fetched. */

export type Architecture = "llama" | "qwen2";

/** Letters as everywhere: `L` layers, `D` hidden, `F` feed-forward, `H` heads, `K` kv heads, `E` head size, `V` vocabulary. */
export interface ModelShape {
  readonly architecture: Architecture;
  readonly L: number;
  readonly D: number;
  readonly F: number;
  readonly H: number;
  readonly K: number;
  readonly E: number;
  readonly V: number;
  readonly ropeBase: number;
  readonly rmsEpsilon: number;
  /** Positions the model was trained for. */
  readonly contextLength: number;
}

export type BlockType =
  | "F32"
  | "F16"
  | "BF16"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q2_K"
  | "Q3_K"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K"
  | "IQ4_NL";

/** One tensor of the file. `dims` in row-major order `[out, in]` (GGUF lists them reversed). */
export interface TensorEntry {
  readonly name: string;
  readonly type: BlockType;
  readonly dims: readonly number[];
  /** From the start of the file. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Hex; null for a file outside the catalogue. */
  readonly sha256: string | null;
}

/** Everything a device needs to fetch and build its layers; sent by the host to donors as JSON. */
export interface Checkpoint {
  readonly id: string;
  readonly shape: ModelShape;
  /** The LM head shares the embedding's tensor. */
  readonly tiedHead: boolean;
  readonly tensors: readonly TensorEntry[];
}
