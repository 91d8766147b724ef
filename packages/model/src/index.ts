export type * from "./shape.ts";
export { BLOCK_TYPES, packedBytes } from "./blocks.ts";
export { blockWeightsBytes, containerOf, isQuantised } from "./block-weights.ts";
export { catalogue, catalogueForm, withHashes, type CatalogueEntry } from "./catalogue.ts";
export { encodeModel, type OnnxGraph } from "./onnx/proto.ts";
export { GraphBuilder } from "./onnx/graph-builder.ts";
export { rotaryTables, stageGraph, type LayerWeights } from "./onnx/stage-graph.ts";
export { headGraph } from "./onnx/head-graph.ts";
export type { BlockWeights, GraphFloat, LinearWeights } from "./onnx/linear.ts";
export { ModelError, type ModelReason } from "./errors.ts";
export { blobByteSource } from "./blob-source.ts";
export { hashTensors } from "./hash.ts";
export { httpByteSource } from "./http-source.ts";
export { readGguf, type ByteSource, type GgufHeader, type MetadataValue } from "./gguf.ts";
export {
  headTensors,
  loadEmbedding,
  loadHead,
  loadLayer,
  type Embedding,
  type HeadWeights,
  type WeightForm,
} from "./load-layers.ts";
export { loadMedusaHeads, type MedusaHead } from "./medusa-heads.ts";
export { fetchTensors } from "./fetch-tensors.ts";
export { WeightSource, type WeightShare, type WeightSourceOptions } from "./weight-source.ts";
export { mainType, type ModelForm, type TensorForm } from "./outline.ts";
export { layerOf } from "./tensor-names.ts";
export { unlessStalled } from "./stall.ts";
export { delay, type Wait } from "./wait.ts";
export type { KeptTensor, TensorStore } from "./tensor-store.ts";
