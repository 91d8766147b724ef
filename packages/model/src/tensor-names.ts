/** How GGUF files name the tensors of layer N: `blk.N.part`. */
const IN_LAYER = /^blk\.(\d+)\./;

/** Null: the tensor is in no layer, as the embedding, the final norm and the head. */
export function layerOf(tensorName: string): number | null {
  const layer = IN_LAYER.exec(tensorName)?.[1];
  return layer === undefined ? null : Number(layer);
}

/** The name without its layer. */
export function partOf(tensorName: string): string {
  return tensorName.replace(IN_LAYER, "");
}

export function inLayer(layer: number, part: string): string {
  return `blk.${layer}.${part}`;
}

/** What every layer has, as `.weight`; some have a `.bias` too. */
export const LAYER_PARTS = [
  "attn_norm",
  "attn_q",
  "attn_k",
  "attn_v",
  "attn_output",
  "ffn_norm",
  "ffn_gate",
  "ffn_up",
  "ffn_down",
] as const;
