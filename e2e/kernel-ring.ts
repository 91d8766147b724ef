/**
 * A ring in this process: the pipeline's own drivers, the page's own kernels and real weights, frames encoded and decoded between them. As exact as
 * tabs on wasm, without their start: for what wants many rings.
 */
import { openAsBlob } from "node:fs";
import { blobByteSource, readGguf, WeightSource, type ByteSource, type Checkpoint } from "@jupiter/model";
import { createTokenizer, type Tokenizer } from "@jupiter/model/tokenizer";
import {
  GREEDY,
  HostDriver,
  StageDriver,
  type Embedding,
  type GenerateRequest,
  type HostEvent,
  type LayerRange,
  type UnmeasuredRing,
} from "@jupiter/pipeline";
import { chunkRule, type Plan } from "@jupiter/planner";
import { decodeFrame, encodeFrame, type Frame, type WireType } from "@jupiter/protocol";
import { buildStage, HeadRunner, type StageRunner } from "@jupiter/runtime";

const ON_WASM = { backend: "wasm", type: "float", kernels: true } as const;

export interface KernelQuestion extends Pick<GenerateRequest, "conversation" | "maxTokens" | "force" | "stopIds"> {
  /** The whole dialogue so far. */
  readonly ids: readonly number[];
}

interface Step {
  readonly chosen: number;
  readonly margin: number;
  readonly token: number;
}

export interface KernelAnswer {
  readonly ids: readonly number[];
  readonly output: readonly number[];
  readonly reusedTokens: number;
  /** Rows of each chunk of the prompt. */
  readonly chunks: readonly number[];
  readonly steps: readonly Step[];
}

export interface RingForm extends Pick<UnmeasuredRing, "chunkRows" | "maxInFlight"> {
  /** In ring order; two stages of one device are two stages here. */
  readonly stages: readonly LayerRange[];
  readonly capacity: number;
  readonly wire: WireType;
  /** The last stage has the head; not told: the host. */
  readonly headOnLast?: boolean;
}

export class KernelModel {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly head: HeadRunner;
  readonly embedding: Embedding;
  readonly #source: ByteSource;

  private constructor(open: Pick<KernelModel, "checkpoint" | "tokenizer" | "head" | "embedding">, source: ByteSource) {
    ({ checkpoint: this.checkpoint, tokenizer: this.tokenizer, head: this.head, embedding: this.embedding } = open);
    this.#source = source;
  }

  static async open(source: ByteSource): Promise<KernelModel> {
    const { checkpoint, metadata } = await readGguf(source, "model");
    const { D } = checkpoint.shape;
    const weights = new WeightSource(checkpoint, source, { layers: [], head: true, embedding: true });
    const rows = await weights.embedding();
    return new KernelModel(
      {
        checkpoint,
        tokenizer: createTokenizer(metadata),
        embedding: (ids) => ({ wire: "f32", rows: ids.length, hidden: D, data: rows([...ids]) }),
        head: await HeadRunner.create(checkpoint.shape, await weights.head("blocks"), ON_WASM),
      },
      source,
    );
  }

  static async openFile(path: string): Promise<KernelModel> {
    return KernelModel.open(blobByteSource(await openAsBlob(path)));
  }

  async stage({ first, end }: LayerRange, capacity: number): Promise<StageRunner> {
    const share = { layers: [{ first, end }], head: false, embedding: false };
    const weights = new WeightSource(this.checkpoint, this.#source, share);
    const groups = weights.layerGroups(first, end, "blocks");
    return buildStage(this.checkpoint.shape, groups, { ...ON_WASM, maxSlots: capacity });
  }
}

/** As the page has it of a plan: its cuts, and prompts in the chunks of its table. */
export function planned({ stages, head, pipe }: Plan, form: Pick<RingForm, "capacity" | "wire">): RingForm {
  const rule = chunkRule(pipe, form.capacity);
  return {
    ...form,
    stages: stages.map(({ layers }) => layers),
    headOnLast: head !== "host",
    chunkRows: (remaining, cached) => rule.rows(remaining, cached),
    maxInFlight: rule.maxInFlight,
  };
}

export class KernelRing implements AsyncDisposable {
  readonly #host: HostDriver;
  readonly #runners: readonly StageRunner[];
  #emit: (event: HostEvent) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  private constructor(model: KernelModel, runners: readonly StageRunner[], form: RingForm) {
    const { stages, wire, headOnLast = false, ...ring } = form;
    const nowMs = () => performance.now();
    const failed = (error: unknown) => this.#fail(error);
    this.#runners = runners;
    const drivers: StageDriver[] = runners.map((stage, index) => {
      const last = index === stages.length - 1;
      const pass = (frame: Frame) => {
        const came = decodeFrame(encodeFrame(frame));
        if (came.kind === "rows" || came.kind === "commands") drivers[index + 1]?.receive(came);
        else if (came.kind === "return" || came.kind === "ack" || came.kind === "scores") this.#host.receive(came);
      };
      const soon = (callback: () => void) => void setImmediate(callback);
      const head = last && headOnLast ? { head: model.head } : {};
      return new StageDriver({ index, last, epoch: 1 }, { stage, ...head, wire, pass, soon, nowMs, failed });
    });
    this.#host = new HostDriver({
      embedding: model.embedding,
      head: model.head,
      send: (frame) => drivers[0]?.receive(frame),
      cancel: (frames) => drivers.forEach((driver) => driver.cancel(frames)),
      emit: (event) => this.#emit(event),
      nowMs,
      after: (delayMs, callback) => void setTimeout(callback, delayMs),
      failed,
    });
    const vocabulary = model.checkpoint.shape.V;
    this.#host.ringReady(
      { ...ring, epoch: 1, arenas: 4, stages: stages.length, ...(headOnLast ? { headOnLast: { vocabulary } } : {}) },
      wire,
    );
  }

  static async start(model: KernelModel, form: RingForm): Promise<KernelRing> {
    const runners: StageRunner[] = [];
    for (const range of form.stages) runners.push(await model.stage(range, form.capacity));
    return new KernelRing(model, runners, form);
  }

  /** One question at a time, greedily. */
  ask({ ids, ...request }: KernelQuestion): Promise<KernelAnswer> {
    const chunks: number[] = [];
    const steps: Step[] = [];
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#emit = (event) => {
        if (event.kind === "lap" && steps.length === 0) chunks.push(event.rows);
        if (event.kind === "token") steps.push({ chosen: event.chosen, margin: event.margin, token: event.token });
        if (event.kind !== "finished") return;
        if (event.finish === "failed") reject(new Error(event.reason ?? "the answer failed"));
        else resolve({ ids, output: event.output, reusedTokens: event.timings.reusedTokens, chunks, steps });
      };
      this.#host.submit({
        ...request,
        id: "question",
        ids: Int32Array.from(ids),
        policy: GREEDY,
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const runner of this.#runners) await runner.dispose();
  }
}
