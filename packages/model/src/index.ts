export type * from "./shape.ts";
export { BLOCK_TYPES } from "./blocks.ts";
export { blockWeightsBytes, isQuantised } from "./block-weights.ts";
export { catalogue, catalogueForm, withHashes, type CatalogueEntry } from "./catalogue.ts";
export { encodeModel, type OnnxGraph } from "./onnx/proto.ts";
export { stageGraph, type LayerWeights } from "./onnx/stage-graph.ts";
export { headGraph } from "./onnx/head-graph.ts";
export type { BlockWeights, GraphFloat, LinearWeights } from "./onnx/linear.ts";
export { ModelError, type ModelReason } from "./errors.ts";
export { httpByteSource } from "./http-source.ts";
export { readGguf, type ByteSource, type GgufHeader } from "./gguf.ts";
export {
  loadEmbedding,
  loadHead,
  loadLayer,
  type Embedding,
  type HeadWeights,
  type WeightForm,
} from "./load-layers.ts";
export { WeightSource, type WeightShare, type WeightSourceOptions } from "./weight-source.ts";
export { mainType, type ModelForm } from "./outline.ts";
export type { TensorStore } from "./tensor-store.ts";
