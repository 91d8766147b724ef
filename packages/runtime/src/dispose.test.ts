/** Stages and heads that are given back in mid-answer, on stand-ins for onnxruntime. */
import type { ModelShape } from "@jupiter/model";
import type { ScorePolicy } from "@jupiter/protocol";
import { expect, it, vi } from "vitest";
import { chainRows } from "./chain-rows.ts";
import type { Executor } from "./executor.ts";
import { HeadRunner } from "./head-runner.ts";
import { StageRunner } from "./stage-runner.ts";

const session = vi.hoisted(() => ({
  run: (): Promise<unknown> => Promise.resolve({}),
  release: (): Promise<void> => Promise.resolve(),
}));
vi.mock("./ort.ts", () => ({ ort: { Tensor: Object }, createSession: () => Promise.resolve(session) }));

const shape: ModelShape = {
  architecture: "llama",
  L: 1,
  D: 4,
  F: 8,
  H: 2,
  K: 1,
  E: 2,
  V: 8,
  ropeBase: 10000,
  rmsEpsilon: 1e-5,
  contextLength: 64,
};

/** Says what happens in which order; a run that began ends when the test says so. */
class Recorder<Result> {
  readonly events: string[] = [];
  readonly #result: Result;
  #begun = () => {};
  /** Resolves once the first run is under way. */
  readonly begun = new Promise<void>((resolve) => (this.#begun = resolve));
  end = () => {};

  constructor(result: Result) {
    this.#result = result;
  }

  readonly run = async (): Promise<Result> => {
    this.events.push("begins");
    const ended = new Promise<void>((resolve) => (this.end = resolve));
    this.#begun();
    await ended;
    this.events.push("ends");
    return this.#result;
  };

  readonly free = (): Promise<void> => {
    this.events.push("freed");
    return Promise.resolve();
  };
}

const row = (base: number, T: number) => chainRows(0, base, T);
const activations = (rows: number) =>
  ({ wire: "f32", rows, hidden: shape.D, data: new Float32Array(rows * 4) }) as const;

function stageOn(record: Recorder<Float32Array>): StageRunner {
  const executor: Executor = {
    run: record.run,
    dispose: record.free,
    reserve: () => {},
    copyRows: () => {},
    free: () => {},
    memoryBytes: 0,
    inPlace: true,
  };
  return new StageRunner(shape, executor, { maxSlots: 64, maxArenas: 1, maxRows: 1 });
}

it("a stage is freed after the run that is under way; what waits for its turn is refused", async () => {
  const record = new Recorder(new Float32Array(shape.D));
  const stage = stageOn(record);
  const running = stage.forward(activations(1), row(0, 1));
  await record.begun;
  const waiting = expect(stage.forward(activations(1), row(1, 1))).rejects.toMatchObject({ reason: "disposed" });
  const disposed = Promise.all([stage.dispose(), stage.dispose()]);
  record.end();
  expect((await running).result.rows).toBe(1);
  await waiting;
  await disposed;
  expect(record.events).toEqual(["begins", "ends", "freed"]);
  await expect(stage.forward(activations(1), row(2, 1))).rejects.toMatchObject({ reason: "disposed" });
});

it("the parts of a long frame that are left when the stage is given back never run", async () => {
  const record = new Recorder(new Float32Array(shape.D));
  const stage = stageOn(record);
  const refused = expect(stage.forward(activations(3), row(0, 3))).rejects.toMatchObject({ reason: "disposed" });
  await record.begun;
  const disposed = stage.dispose();
  record.end();
  await refused;
  await disposed;
  expect(record.events).toEqual(["begins", "ends", "freed"]);
});

it("a head is released after the run that is under way; what waits for its turn is refused", async () => {
  const record = new Recorder({ logits: { data: new Float32Array(shape.V).fill(1, 5, 6) } });
  session.run = record.run;
  session.release = record.free;
  const { D, V } = shape;
  const linear = { N: V, K: D, bias: null, weights: { form: "dense", data: new Float32Array(V * D) } } as const;
  const weights = { norm: new Float32Array(D), head: linear };
  const head = await HeadRunner.create(shape, weights, { backend: "wasm", type: "float" });
  const policy: ScorePolicy = { temperature: 0, topP: 1, topK: 1, random: 0, askIds: [] };
  const running = head.score(activations(1), [policy]);
  await record.begun;
  const waiting = expect(head.score(activations(1), [policy])).rejects.toMatchObject({ reason: "disposed" });
  const disposed = Promise.all([head.dispose(), head.dispose()]);
  record.end();
  expect((await running).result[0]?.chosen).toBe(5);
  await waiting;
  await disposed;
  expect(record.events).toEqual(["begins", "ends", "freed"]);
});
