/** For tests of stages: a small model, and a walk through frames that checks every row against a fresh forward in float64. */
import type { LayerWeights, LinearWeights, ModelShape } from "@jupiter/model";
import { ROOT, SlotLists, type RowTable } from "@jupiter/protocol";
import { makeLayer } from "./made-up-weights.ts";
import { referenceForward } from "./reference.ts";
import { randomValues, seeded } from "./seeded.ts";
import type { StageRunner } from "./stage-runner.ts";

export const shape: ModelShape = {
  architecture: "qwen2",
  L: 3,
  D: 64,
  F: 96,
  H: 4,
  K: 2,
  E: 16,
  V: 128,
  ropeBase: 10000,
  rmsEpsilon: 1e-5,
  contextLength: 512,
};

export function randomLayers(seed: number): LayerWeights[] {
  const random = seeded(seed);
  const linear = (N: number, K: number, isBiased: boolean): LinearWeights => ({
    N,
    K,
    weights: { form: "dense", data: randomValues(N * K, 1.5 / Math.sqrt(K), random) },
    bias: isBiased ? randomValues(N, 0.5, random) : null,
  });
  const norm = (D: number) => randomValues(D, 0.25, random).map((v) => 1 + v);
  return Array.from({ length: shape.L }, () => makeLayer(shape, linear, norm));
}

/** Feeds frames to a stage and remembers each slot's input, so that any row can be computed afresh along its path. */
export class Walk {
  readonly #stage: StageRunner;
  readonly #layers: readonly LayerWeights[];
  readonly #lists = new SlotLists();
  readonly #inputs: Float32Array[] = [];
  readonly #random: () => number;

  /** `layers`: those of `runner`, dense. */
  constructor(runner: StageRunner, layers: readonly LayerWeights[], seed: number) {
    this.#stage = runner;
    this.#layers = layers;
    this.#random = seeded(seed);
  }

  get length(): number {
    return this.#lists.tryGet(1)?.length ?? 0;
  }

  /** Appends rows with these parents (relative to the list as it will be); returns the largest error against a fresh forward. */
  async frame(base: number, parents: readonly number[]): Promise<number> {
    const { rows, x } = this.#append(base, parents);
    const { result: out } = await this.#stage.forward(
      { wire: "f32", rows: parents.length, hidden: shape.D, data: x },
      rows,
    );
    let worst = 0;
    // A fresh forward per row is cubic in float64: the first two, the middle and the last three rows of a large frame stand for all.
    const T = parents.length;
    const checked = T <= 6 ? parents.keys() : new Set([0, 1, T >> 1, T - 3, T - 2, T - 1]);
    for (const i of checked) {
      const expected = this.#fresh(base + i);
      for (let d = 0; d < shape.D; d++) {
        worst = Math.max(worst, Math.abs((out.data[i * shape.D + d] ?? NaN) - (expected[d] ?? NaN)));
      }
    }
    return worst;
  }

  skip(base: number, parents: readonly number[]): void {
    this.#stage.skip(this.#append(base, parents).rows);
  }

  keep(base: number, slots: readonly number[]): void {
    const command = { kind: "keep", arena: 1, base, slots } as const;
    this.#stage.apply(command);
    this.#lists.apply(command);
    slots.forEach((slot, i) => (this.#inputs[base + i] = this.#inputs[slot]!));
  }

  #append(base: number, parents: readonly number[]): { rows: RowTable; x: Float32Array } {
    const T = parents.length;
    const list = this.#lists.tryGet(1);
    const depth: number[] = [];
    parents.forEach((parent, i) => {
      depth[i] = parent === ROOT ? 0 : (parent >= base ? depth[parent - base]! : list!.positionAt(parent)) + 1;
    });
    const rows = {
      arena: 1,
      base,
      positions: Int32Array.from(depth),
      parents: Int32Array.from(parents),
      wanted: new Uint8Array(T),
    };
    const x = Float32Array.from({ length: T * shape.D }, () => (this.#random() - 0.5) * 2);
    for (let i = 0; i < T; i++) this.#inputs[base + i] = x.slice(i * shape.D, (i + 1) * shape.D);
    this.#lists.append(rows);
    return { rows, x };
  }

  #fresh(slot: number): Float64Array {
    const list = this.#lists.tryGet(1)!;
    const path: number[] = [];
    for (let s = slot; s !== ROOT; s = list.parentAt(s)) path.unshift(s);
    const x = new Float32Array(path.length * shape.D);
    path.forEach((s, i) => x.set(this.#inputs[s]!, i * shape.D));
    const rows = path.map((s, i) => ({ position: list.positionAt(s), ancestors: path.slice(0, i).map((_, j) => j) }));
    return referenceForward(shape, this.#layers, x, rows).slice(-shape.D);
  }
}

export function chain(base: number, T: number): number[] {
  return Array.from({ length: T }, (_, i) => (base + i === 0 ? ROOT : base + i - 1));
}
