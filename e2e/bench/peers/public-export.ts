/**
 * The model as today's public ONNX exports have it, for the peer that runs such files: one graph from token ids to logits, attention fused with its rotary
 * embedding, embedding in float32. Quantised forms are rounded anew from the file's own blocks, so speed is comparable and text is not.
 */
import {
  encodeModel,
  GraphBuilder,
  loadEmbedding,
  loadHead,
  loadLayer,
  rotaryTables,
  type ByteSource,
  type Checkpoint,
  type LinearWeights,
} from "@jupiter/model";

const BLOCK = 32;
const MOST_POSITIONS = 2304;

/** By the names that transformers.js has for them; `q8` is what it takes on wasm unless told otherwise. */
export type ExportForm = "fp32" | "q8" | "q4";

/** Bytes of one `.onnx` file. */
export async function publicExport(checkpoint: Checkpoint, source: ByteSource, form: ExportForm): Promise<Uint8Array> {
  const { shape } = checkpoint;
  const { L, D, H, K, E, V } = shape;
  const g = new GraphBuilder();
  const vector = (name: string, data: Float32Array) => g.initializer(name, "float", [data.length], data);
  const linear = (name: string, x: string, weights: LinearWeights) => {
    const y = PRODUCTS[form](g, name, x, weights);
    const { N, bias } = weights;
    return bias === null ? y : g.node("Add", [y, g.initializer(`${name}.bias`, "float", [N], bias)]);
  };
  const index = (name: string, ...values: number[]) =>
    g.initializer(name, "int64", [values.length], BigInt64Array.from(values, BigInt));

  const ids = g.input("input_ids", "int64", ["batch_size", "sequence_length"]);
  const mask = g.input("attention_mask", "int64", ["batch_size", "total_sequence_length"]);
  const one = index("one", 1);
  const last = g.node("Sub", [g.node("ReduceSum", [mask, one], { keepdims: { int: 0 } }), one]);
  const lastIndex = g.node("Cast", [last], { to: { int: 6 } });
  const length = g.node("Gather", [g.node("Shape", [mask]), g.initializer("axis", "int64", [], BigInt64Array.of(1n))]);
  const total = g.node("Cast", [length], { to: { int: 6 } });
  const { cos, sin } = rotaryTables(shape, MOST_POSITIONS);
  const cosName = g.initializer("cos", "float", [MOST_POSITIONS, E / 2], cos);
  const sinName = g.initializer("sin", "float", [MOST_POSITIONS, E / 2], sin);

  const embedding = await loadEmbedding(checkpoint, source);
  const table = g.initializer("embedding", "float", [V, D], embedding(Array.from({ length: V }, (_, id) => id)));
  let residual = g.node("Gather", [table, ids]);
  let pending = "";
  const normed = (name: string, gamma: Float32Array) => {
    const weight = vector(name, gamma);
    const epsilon = { float: shape.rmsEpsilon };
    if (pending === "")
      return g.node("SimplifiedLayerNormalization", [residual, weight], {
        axis: { int: -1 },
        epsilon,
        stash_type: { int: 1 },
      });
    const sum = `sum_${name}`;
    const out = g.contrib("SkipSimplifiedLayerNormalization", [residual, pending, weight], { epsilon }, [
      `normed_${name}`,
      "",
      "",
      sum,
    ]);
    residual = sum;
    return out;
  };

  for (let i = 0; i < L; i++) {
    const layer = await loadLayer(checkpoint, source, i);
    const x = normed(`${i}.attention_norm`, layer.attentionNorm);
    const attended = g.contrib(
      "GroupQueryAttention",
      [
        linear(`${i}.query`, x, layer.query),
        linear(`${i}.key`, x, layer.key),
        linear(`${i}.value`, x, layer.value),
        g.input(`past_key_values.${i}.key`, "float", ["batch_size", K, "past_sequence_length", E]),
        g.input(`past_key_values.${i}.value`, "float", ["batch_size", K, "past_sequence_length", E]),
        lastIndex,
        total,
        cosName,
        sinName,
      ],
      { num_heads: { int: H }, kv_num_heads: { int: K }, do_rotary: { int: 1 } },
      [`attended_${i}`, `present.${i}.key`, `present.${i}.value`],
    );
    g.output(`present.${i}.key`, "float", ["batch_size", K, "total_sequence_length", E]);
    g.output(`present.${i}.value`, "float", ["batch_size", K, "total_sequence_length", E]);
    pending = linear(`${i}.attention_output`, attended, layer.attentionOutput);
    const y = normed(`${i}.feed_forward_norm`, layer.feedForwardNorm);
    const gate = linear(`${i}.gate`, y, layer.gate);
    const silu = g.node("Mul", [gate, g.node("Sigmoid", [gate])]);
    pending = linear(`${i}.down`, g.node("Mul", [silu, linear(`${i}.up`, y, layer.up)]), layer.down);
  }
  const { norm, head } = await loadHead(checkpoint, source);
  // Only the last row's logits, as newer exports do when asked for no more.
  const lastRow = g.node("Gather", [normed("final_norm", norm), index("last", -1)], { axis: { int: 1 } });
  g.node("Identity", [linear("head", lastRow, head)], {}, ["logits"]);
  g.output("logits", "float", ["batch_size", 1, V]);
  return encodeModel(g.build("model"), Infinity).model;
}

/** `y = x W^T (+ bias)`, `W` dense `[N, K]`, in the form's own operators. */
type AddLinear = (g: GraphBuilder, name: string, x: string, linear: LinearWeights) => string;

const PRODUCTS: Readonly<Record<ExportForm, AddLinear>> = { fp32: addFloats, q8: addEightBits, q4: addFourBits };

function addFloats(g: GraphBuilder, name: string, x: string, { N, K, weights }: LinearWeights): string {
  const transposed = new Float32Array(N * K);
  const data = denseOf(weights);
  for (let n = 0; n < N; n++) for (let k = 0; k < K; k++) transposed[k * N + n] = data[n * K + k]!;
  return g.node("MatMul", [x, g.initializer(`${name}.weight`, "float", [K, N], transposed)]);
}

/** Activations to 8 bits by each frame's range, weights by the matrix's: `w = scale (q - 128)`. */
function addEightBits(g: GraphBuilder, name: string, x: string, { N, K, weights }: LinearWeights): string {
  const data = denseOf(weights);
  const scale = data.reduce((far, value) => Math.max(far, Math.abs(value)), 0) / 127;
  const quantised = new Uint8Array(N * K);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) quantised[k * N + n] = Math.round(data[n * K + k]! / scale) + 128;
  }
  const [xScale, xZero] = [`${name}.x_scale`, `${name}.x_zero`];
  const xQuantised = g.node("DynamicQuantizeLinear", [x], {}, [`${name}.x`, xScale, xZero]);
  const product = g.node("MatMulInteger", [
    xQuantised,
    g.initializer(`${name}.weight`, "uint8", [K, N], quantised),
    xZero,
    g.initializer(`${name}.zero`, "uint8", [], Uint8Array.of(128)),
  ]);
  const scales = g.node("Mul", [xScale, g.initializer(`${name}.scale`, "float", [], Float32Array.of(scale))]);
  return g.node("Mul", [g.node("Cast", [product], { to: { int: 1 } }), scales]);
}

/** Blocks of 32 values, the middle as zero: `w = scale (q - 8)`. */
function addFourBits(g: GraphBuilder, name: string, x: string, { N, K, weights }: LinearWeights): string {
  const data = denseOf(weights);
  const blocks = K / BLOCK;
  const packed = new Uint8Array((N * K) / 2);
  const scales = new Float32Array(N * blocks);
  for (let block = 0; block < N * blocks; block++) {
    const values = data.subarray(block * BLOCK, (block + 1) * BLOCK);
    const farthest = values.reduce((far, value) => (Math.abs(value) > Math.abs(far) ? value : far), 0);
    const scale = farthest / -8;
    scales[block] = scale;
    for (let i = 0; i < BLOCK; i++) {
      const q = scale === 0 ? 8 : Math.min(15, Math.max(0, Math.round(values[i]! / scale) + 8));
      packed[(block * BLOCK + i) >> 1]! |= i % 2 === 0 ? q : q << 4;
    }
  }
  const inputs = [
    x,
    g.initializer(`${name}.packed`, "uint8", [N, blocks, BLOCK / 2], packed),
    g.initializer(`${name}.scales`, "float", [N * blocks], scales),
  ];
  const size = { K: { int: K }, N: { int: N }, bits: { int: 4 }, block_size: { int: BLOCK } };
  return g.contrib("MatMulNBits", inputs, size);
}

function denseOf(weights: LinearWeights["weights"]): Float32Array {
  if (weights.form !== "dense") throw new TypeError("expected dense weights");
  return weights.data;
}
