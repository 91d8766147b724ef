/**
 * Medusa heads that know some golden answers by heart, made in seconds. At each place of these answers head k is to guess the token k places on, so its block is the
 * smallest one that leads from the hidden state there to that token's embedding (ridge regression). Elsewhere they guess badly.
 */
import { openAsBlob } from "node:fs";
import { blobByteSource, readGguf, WeightSource } from "@jupiter/model";
import { toFloat32, type RowTable } from "@jupiter/protocol";
import { buildStage } from "@jupiter/runtime";
import { safetensors } from "@jupiter/testkit";
import type { GoldenCase } from "./golden-check.ts";

/** Length of what a block is to add: far longer than the hidden states that it is added to. */
const LOUD = 1000;
/** Of a place's own square: enough that places hardly told apart share a guess. */
const RIDGE = 1e-3;

/** The bytes of a safetensors file for a model whose LM head is its embedding. */
export async function headsThatKnow(
  modelFile: string,
  cases: readonly GoldenCase[],
  heads: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = blobByteSource(await openAsBlob(modelFile));
  const { checkpoint } = await readGguf(source, "model");
  const { D, L, rmsEpsilon } = checkpoint.shape;
  const layers = [{ first: 0, end: L }];
  const weights = new WeightSource(checkpoint, source, { layers, head: true, embedding: true });
  const embedding = await weights.embedding();
  const { norm } = await weights.head("blocks");
  const stage = await buildStage(checkpoint.shape, weights.layerGroups(0, L, "blocks"), {
    ...({ backend: "wasm", type: "float", kernels: true } as const),
    maxSlots: Math.max(...cases.map(({ ids, greedy }) => ids.length + greedy.length)),
  });
  /** Of each case from the place on that leads to its first new token. */
  const states: Float32Array[][] = [];
  for (const { ids, greedy } of cases) {
    const all = [...ids, ...greedy];
    const x = { wire: "f32", rows: all.length, hidden: D, data: embedding(all) } as const;
    const { result } = await stage.forward(x, textRows(all.length));
    stage.apply({ kind: "free", arena: 0 });
    const rows = rowsOf(toFloat32(result), D).slice(ids.length - 1);
    states.push(rows.map((row) => normed(row, norm, rmsEpsilon)));
  }
  await stage.dispose();
  const tensors: Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }> = {};
  for (let k = 1; k <= heads; k++) {
    const from = states.flatMap((rows, i) => rows.slice(0, Math.max(0, cases[i]!.greedy.length - k)));
    const to = cases.flatMap(({ greedy }) => greedy.slice(k)).map((token) => scaled(embedding([token]), LOUD));
    const { weight, bias } = fitted(from, to);
    tensors[`medusa_head.${k}.0.linear.weight`] = { dims: [D, D], data: weight };
    tensors[`medusa_head.${k}.0.linear.bias`] = { dims: [D], data: bias };
  }
  return safetensors(tensors);
}

/** `W x + b` near `to[i]` for each `x = from[i]`, W `[D, D]` and b `[D]` as small as that allows: with as many unknowns as pairs. */
function fitted(from: readonly Float32Array[], to: readonly Float32Array[]) {
  const D = from[0]?.length ?? 0;
  const matrix = from.map((x, i) => from.map((y, j) => dot(x, y) + 1 + (i === j ? RIDGE * dot(x, x) : 0)));
  const shares = solved(matrix, to);
  const weight = new Float32Array(D * D);
  const bias = new Float32Array(D);
  shares.forEach((share, i) => {
    const x = from[i]!;
    for (let row = 0; row < D; row++) {
      const factor = share[row]!;
      bias[row]! += factor;
      for (let column = 0; column < D; column++) weight[row * D + column]! += factor * x[column]!;
    }
  });
  return { weight, bias };
}

/** X of `A X = B`, A symmetric and positive (Cholesky); a row of B and X each for a row of A. */
function solved(A: number[][], B: readonly Float32Array[]): readonly Float64Array[] {
  A.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let sum = row[j]!;
      for (let k = 0; k < j; k++) sum -= row[k]! * A[j]![k]!;
      row[j] = i === j ? Math.sqrt(sum) : sum / A[j]![j]!;
    }
  });
  const X = B.map((row) => Float64Array.from(row));
  X.forEach((x, i) => {
    for (let k = 0; k < i; k++) addScaled(x, X[k]!, -A[i]![k]!);
    scale(x, 1 / A[i]![i]!);
  });
  for (let i = X.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < X.length; k++) addScaled(X[i]!, X[k]!, -A[k]![i]!);
    scale(X[i]!, 1 / A[i]![i]!);
  }
  return X;
}

/** One text, alone. */
function textRows(count: number): RowTable {
  return {
    ...{ arena: 0, base: 0 },
    positions: Int32Array.from({ length: count }, (_, i) => i),
    parents: Int32Array.from({ length: count }, (_, i) => i - 1),
    wanted: new Uint8Array(count),
  };
}

function rowsOf(x: Float32Array, D: number): Float32Array[] {
  return Array.from({ length: x.length / D }, (_, i) => x.slice(i * D, (i + 1) * D));
}

function normed(x: Float32Array, norm: Float32Array, epsilon: number): Float32Array {
  const factor = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => value * factor * norm[i]!);
}

function scaled(x: Float32Array, length: number): Float32Array {
  const factor = length / Math.sqrt(dot(x, x));
  return x.map((value) => value * factor);
}

function dot(x: Float32Array, y: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

function addScaled(x: Float64Array, y: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! += factor * y[i]!;
}

function scale(x: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! *= factor;
}
