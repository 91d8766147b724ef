/** What is known of a model without its header: enough to say which devices could hold it. */
import type { BlockType, Checkpoint, ModelShape, TensorEntry } from "./shape.ts";
import { inLayer, layerOf, partOf } from "./tensor-names.ts";

/** A tensor without its place in the file. */
export type TensorForm = Pick<TensorEntry, "name" | "type" | "dims">;

/** What it takes to tell what a device would hold: a whole checkpoint is one. */
export interface ModelForm {
  readonly shape: ModelShape;
  readonly tensors: readonly TensorForm[];
}

/** A `ModelForm` with everything said once, as layers are mostly alike; written by `hash-tensors.ts`. */
export interface ModelOutline {
  readonly shape: ModelShape;
  /** Those outside the layers. */
  readonly others: readonly TensorForm[];
  /** Layers that differ, by the types of their tensors; names without `blk.N.`. */
  readonly kinds: readonly (readonly TensorForm[])[];
  /** `[L]`: each layer's kind. */
  readonly layers: readonly number[];
}

export function outlineOf({ shape, tensors }: Checkpoint): ModelOutline {
  const form = ({ name, type, dims }: TensorForm): TensorForm => ({ name, type, dims });
  const kinds: TensorForm[][] = [];
  const layers = Array.from({ length: shape.L }, (_, index) => {
    const own = tensors.filter(({ name }) => layerOf(name) === index);
    const parts = own.map((tensor) => ({ ...form(tensor), name: partOf(tensor.name) }));
    // The order in the file does not make a kind.
    parts.sort((a, b) => (a.name < b.name ? -1 : 1));
    const same = kinds.findIndex((kind) => JSON.stringify(kind) === JSON.stringify(parts));
    return same >= 0 ? same : kinds.push(parts) - 1;
  });
  return { shape, others: tensors.filter(({ name }) => layerOf(name) === null).map(form), kinds, layers };
}

export function formOf({ shape, others, kinds, layers }: ModelOutline): ModelForm {
  const inLayers = layers.flatMap((kind, index) =>
    (kinds[kind] ?? []).map(({ name, ...form }) => ({ ...form, name: inLayer(index, name) })),
  );
  return { shape, tensors: [...others, ...inLayers] };
}

/** The type that most of the layers' weights have: what people call a file's quantisation. */
export function mainType({ tensors }: ModelForm): BlockType {
  const counts = new Map<BlockType, number>();
  for (const { name, type, dims } of tensors) {
    if (layerOf(name) !== null) counts.set(type, (counts.get(type) ?? 0) + dims.reduce((a, b) => a * b, 1));
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "F32";
}
