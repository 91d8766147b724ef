import type { GraphBuilder } from "./graph-builder.ts";

/** A linear map `y = x W^T (+ bias)`, `W` `[N, K]` row-major, in one of the forms that a back end can hold. */
export interface LinearWeights {
  readonly N: number;
  readonly K: number;
  readonly weights: DenseWeights | BlockWeights;
  /** float32 `[N]`. */
  readonly bias: Float32Array | null;
}

export interface DenseWeights {
  readonly form: "dense";
  /** float32 `[N, K]`. */
  readonly data: Float32Array;
}

/** `w = scale * (q - zeroPoint) + minimum` per block of `blockSize` along K; layouts as `com.microsoft.MatMulNBits` takes them. */
export interface BlockWeights {
  readonly form: "blocks";
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** `[N, K / blockSize, blockSize * bits / 8]`. */
  readonly packed: Uint8Array;
  /** float32 `[N, K / blockSize]`. */
  readonly scales: Float32Array;
  /** Null: the middle of the range (8 or 128). */
  readonly zeroPoints: Uint8Array | null;
  /** float32 `[N, K / blockSize]`; null: none. */
  readonly minimums: Float32Array | null;
}

/** Element type of activations and scales inside a graph. */
export type GraphFloat = "float" | "float16";

/** float32 values as the bytes of the graph's element type. */
export function floatBytes(values: Float32Array, type: GraphFloat): ArrayBufferView {
  return type === "float" ? values : new Float16Array(values);
}

/** Adds `y = x W^T + bias` for `x` `[1, T, K]`; returns the name of `y` `[1, T, N]`. */
export function addLinear(g: GraphBuilder, name: string, x: string, linear: LinearWeights, type: GraphFloat): string {
  const { N, weights, bias } = linear;
  const biases = bias === null ? [] : [g.initializer(`${name}.bias`, type, [N], floatBytes(bias, type))];
  if (weights.form === "dense") return addDenseProduct(g, name, x, linear, weights, biases, type);
  const y = addBlockProduct(g, name, x, linear, weights, type);
  return biases.length === 0 ? y : g.node("Add", [y, ...biases]);
}

/**
 * Gemm takes the rows as they lie in the file (transB), packs them once on wasm, and has a kernel on WebGPU: `FusedMatMul`, which takes three dimensions, has
 * none there, and is computed in the worker without a word.
 */
function addDenseProduct(
  g: GraphBuilder,
  name: string,
  x: string,
  { N, K }: LinearWeights,
  { data }: DenseWeights,
  biases: readonly string[],
  type: GraphFloat,
): string {
  const shape = (what: string, dims: readonly bigint[]) =>
    g.initializer(`${name}.${what}`, "int64", [dims.length], BigInt64Array.from(dims));
  const w = g.initializer(`${name}.weight`, type, [N, K], floatBytes(data, type));
  const rows = g.node("Reshape", [x, shape("rows", [-1n, BigInt(K)])]);
  return g.node("Reshape", [
    g.node("Gemm", [rows, w, ...biases], { transB: { int: 1 } }),
    shape("frame", [1n, -1n, BigInt(N)]),
  ]);
}

function addBlockProduct(
  g: GraphBuilder,
  name: string,
  x: string,
  { N, K }: LinearWeights,
  w: BlockWeights,
  type: GraphFloat,
): string {
  const blocks = K / w.blockSize;
  const inputs = [
    x,
    g.initializer(`${name}.packed`, "uint8", [N, blocks, (w.blockSize * w.bits) / 8], w.packed),
    g.initializer(`${name}.scales`, type, [N * blocks], floatBytes(w.scales, type)),
  ];
  if (w.zeroPoints !== null) {
    inputs.push(g.initializer(`${name}.zeros`, "uint8", [w.zeroPoints.length], w.zeroPoints));
  }
  const y = g.contrib("MatMulNBits", inputs, {
    K: { int: K },
    N: { int: N },
    bits: { int: w.bits },
    block_size: { int: w.blockSize },
  });
  if (w.minimums === null) return y;
  // A block's minimum adds minimum * (sum of x over the block): a product with the [K / block, N] matrix of minimums.
  const shape = g.initializer(
    `${name}.blocks`,
    "int64",
    [4],
    BigInt64Array.of(1n, -1n, BigInt(blocks), BigInt(w.blockSize)),
  );
  const axes = g.initializer(`${name}.axes`, "int64", [1], BigInt64Array.of(3n));
  const sums = g.node("ReduceSum", [g.node("Reshape", [x, shape]), axes], { keepdims: { int: 0 } });
  const transposed = new Float32Array(blocks * N);
  for (let n = 0; n < N; n++) {
    for (let b = 0; b < blocks; b++) transposed[b * N + n] = w.minimums[n * blocks + b] ?? 0;
  }
  const minimums = g.initializer(`${name}.minimums`, type, [blocks, N], floatBytes(transposed, type));
  return g.node("Add", [y, g.node("MatMul", [sums, minimums])]);
}
