/** The host's own part of the ring: tokenizer, embedding, head, coordinator, and the text of every answer. */
import {
  hashTensors,
  loadMedusaHeads,
  type MedusaHead,
  type ByteSource,
  type Checkpoint,
  type TensorEntry,
} from "@jupiter/model";
import type { Tokenizer } from "@jupiter/model/tokenizer";
import {
  decodingOf,
  HostDriver,
  LookupDrafter,
  PipelineError,
  type Embedding,
  type Head,
  type HostEvent,
} from "@jupiter/pipeline";
import { chunkRule, type ChunkRule } from "@jupiter/planner";
import type { AckFrame, FrameNumber, ReturnFrame, RowsFrame, ScoresFrame } from "@jupiter/protocol";
import { graphFloat, HeadRunner, type Rung } from "@jupiter/runtime";
import { ruledEmbedding } from "@jupiter/simulator";
import { AnswerText } from "./answer-text.ts";
import {
  endedUntold,
  type AnswerEvent,
  type AskOptions,
  type FailureReason,
  type FromEngine,
  type LoadedShare,
  type ModelSource,
  type OpenedModel,
  type Outcome,
  type Phase,
  type RingSettings,
} from "./api.ts";
import { Dialogues } from "./dialogues.ts";
import type { DraftOrder } from "./draft-api.ts";
import { DraftSlot } from "./draft-slot.ts";
import { EmulatedHead, replayedHead, ReplayedDrafter, type EmulatedDevice } from "./emulation.ts";
import { failure } from "./outcome.ts";
import { Outline } from "./outline.ts";
import { Probe, type ProbeFrame, type ProbeResult } from "./probe.ts";
import { soon } from "./soon.ts";
import { readModel } from "./inspect.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { byteSource, weightForm, weightSource } from "./weights.ts";

export interface HostEnginePorts {
  /** To the first stage. */
  readonly send: (frame: RowsFrame) => void;
  readonly cancel: (frames: readonly FrameNumber[]) => void;
  readonly emit: (event: FromEngine) => void;
  readonly progress: (loadedBytes: number, totalBytes: number, phase: Phase) => void;
  readonly storage: (message: string) => void;
  readonly failed: (reason: FailureReason, message: string) => void;
  /** Null: this device is itself. */
  readonly emulated: () => EmulatedDevice | null;
  /** The draft model guesses no more; answers go on without it. */
  readonly draftFailed: (message: string) => void;
}

interface OpenModel {
  readonly source: ByteSource;
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly dialogues: Dialogues;
  readonly vocabulary: readonly string[];
}

interface LoadedHead {
  /** Of which model, and how it computes. */
  readonly model: OpenModel;
  readonly rung: string;
  /** Else the last stage does. */
  readonly scores: boolean;
  readonly embedding: Embedding;
  readonly head: Head;
  readonly fetchedBytes: number;
  /** Throws where they cannot be computed. */
  setMedusa(heads: readonly MedusaHead[]): void;
  dispose(): Promise<void>;
}

/** Of a ring whose last stage has the head: nothing comes here to be scored. */
const ELSEWHERE: Pick<LoadedHead, "head" | "setMedusa" | "dispose"> = {
  head: {
    score: () => Promise.reject(new PipelineError("no-ring", "The last device of the ring scores, not this one.")),
  },
  setMedusa: () => {
    throw new PipelineError("no-ring", "Medusa heads sit beside the LM head, which is not on this device.");
  },
  dispose: () => Promise.resolve(),
};

interface Answer {
  readonly options: AskOptions;
  readonly tell: (event: AnswerEvent) => void;
  readonly prompt: { readonly text: string; readonly ids: readonly number[] };
  readonly written: AnswerText;
}

export class HostEngine {
  readonly #ports: HostEnginePorts;
  readonly #driver: HostDriver;
  readonly #draft: DraftSlot;
  readonly #answers = new Map<string, Answer>();
  /** Answers that are written point by point. */
  readonly #outlines = new Map<string, Outline>();
  #model: OpenModel | null = null;
  #head: LoadedHead | null = null;
  #probe: Probe | null = null;
  #epoch = 0;
  #stages = 1;

  constructor(ports: HostEnginePorts) {
    this.#ports = ports;
    this.#draft = new DraftSlot({
      progress: (loaded, total) => ports.progress(loaded, total, "fetching"),
      storage: ports.storage,
      failed: ports.draftFailed,
    });
    this.#driver = new HostDriver({
      embedding: (ids) => this.#loaded().embedding(ids),
      head: { score: (x, policies) => this.#score(x, policies) },
      send: ports.send,
      cancel: ports.cancel,
      emit: (event) => this.#emit(event),
      nowMs: () => performance.now(),
      after: (delayMs, callback) => void setTimeout(callback, delayMs),
      drafters: [new LookupDrafter(), this.#draft, new ReplayedDrafter(ports.emulated)],
      failed: (error) => {
        const { reason, message } = failure(error);
        ports.failed(reason, message);
      },
    });
  }

  /** Guesses that came while this thread computed are seen before a verdict decides what goes next. */
  async #score(...asked: Parameters<Head["score"]>): ReturnType<Head["score"]> {
    const scored = await this.#loaded().head.score(...asked);
    await new Promise<void>(soon);
    return scored;
  }

  get holds(): HostDriver["holds"] {
    return this.#driver.holds;
  }

  get fetchedBytes(): number {
    return this.#head?.fetchedBytes ?? 0;
  }

  async openModel(from: ModelSource, id: string): Promise<OpenedModel> {
    const source = byteSource(from);
    const { checkpoint: found, tokenizer, metadata } = await readModel(source, id);
    const checkpoint = this.#replayed(found);
    const dialogues = new Dialogues(tokenizer);
    this.#model = { source, checkpoint, tokenizer, dialogues, vocabulary: vocabularyOf(metadata) };
    return { checkpoint };
  }

  /** Of the open model's file. Throws where none is open. */
  get source(): ByteSource {
    return this.#open().source;
  }

  /** The open model's tensors of these names, with the SHA-256 of their bytes. */
  async hashTensors(names: readonly string[]): Promise<readonly TensorEntry[]> {
    const { checkpoint, source } = this.#open();
    const wanted = checkpoint.tensors.filter(({ name }) => names.includes(name));
    const totalBytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let hashedBytes = 0;
    return hashTensors(source, wanted, (bytes) => this.#ports.progress((hashedBytes += bytes), totalBytes, "checking"));
  }

  /** The model that an emulated device is to have, of which there are no tensors. */
  #replayed(checkpoint: Checkpoint): Checkpoint {
    const replay = this.#ports.emulated()?.replay ?? null;
    if (replay === null) return checkpoint;
    const { L, D } = replay;
    return { ...checkpoint, shape: { ...checkpoint.shape, L, D }, tensors: [] };
  }

  /** `scores`: the head is here; else the last stage has it. */
  async loadEnds(rung: Rung, scores: boolean): Promise<LoadedShare> {
    const model = this.#open();
    const { checkpoint, source } = model;
    // Layers moved, and the host is what it was.
    if (this.#head?.model === model && this.#head.rung === rung.name && this.#head.scores === scores)
      return { fetchedBytes: this.#head.fetchedBytes, memoryBytes: 0, inPlace: true };
    await this.#head?.dispose();
    this.#head = null;
    const device = this.#ports.emulated();
    if (device !== null && device.replay !== null) {
      const { D } = checkpoint.shape;
      const head = replayedHead(device);
      this.#head = {
        ...{ model, rung: rung.name, scores },
        embedding: ruledEmbedding(D),
        head,
        fetchedBytes: 0,
        setMedusa: () => undefined,
        dispose: async () => undefined,
      };
      return { fetchedBytes: 0, memoryBytes: 0, inPlace: true };
    }
    const share = { layers: [], head: scores, embedding: true };
    const weights = await weightSource(checkpoint, source, share, {
      progress: this.#ports.progress,
      storage: this.#ports.storage,
    });
    const { D } = checkpoint.shape;
    const rows = await weights.embedding();
    const embedding: Embedding = (ids) => ({ wire: "f32", rows: ids.length, hidden: D, data: rows([...ids]) });
    if (!scores) {
      this.#head = { model, rung: rung.name, scores, embedding, fetchedBytes: weights.fetchedBytes, ...ELSEWHERE };
      return { fetchedBytes: weights.fetchedBytes, memoryBytes: 0, inPlace: true };
    }
    const type = await graphFloat(rung.backend);
    const runner = await HeadRunner.create(checkpoint.shape, await weights.head(weightForm(rung)), {
      backend: rung.backend,
      type,
      kernels: rung.kernels,
    });
    const head = device === null ? runner : new EmulatedHead(runner, device);
    this.#head = {
      ...{ model, rung: rung.name, scores, embedding, head, fetchedBytes: weights.fetchedBytes },
      setMedusa: (heads) => runner.setMedusa(heads),
      dispose: () => runner.dispose(),
    };
    return { fetchedBytes: weights.fetchedBytes, memoryBytes: 0, inPlace: true };
  }

  /** Guesses that come with verdicts, for answers whose decoding names the drafter `medusa`. */
  async loadMedusa(source: ModelSource): Promise<number> {
    const heads = await loadMedusaHeads(byteSource(source), this.#open().checkpoint.shape.D);
    this.#loaded().setMedusa(heads);
    return heads.length;
  }

  /** A smaller model with the open model's tokens, which guesses for answers whose decoding names the drafter `model`. */
  async loadDraft(order: Omit<DraftOrder, "vocabulary">): Promise<Outcome<LoadedShare>> {
    const { vocabulary } = this.#open();
    return this.#draft.load({ ...order, vocabulary });
  }

  dropDraft(): void {
    this.#draft.drop();
  }

  ringReady({ chunkRows, wire, decoding, ...ring }: RingSettings): void {
    this.#epoch = ring.epoch;
    this.#stages = ring.stages;
    const rule = typeof chunkRows === "number" ? fixedRows(chunkRows) : chunkRule(chunkRows, ring.capacity);
    this.#driver.ringReady(
      {
        ...ring,
        maxInFlight: Math.max(ring.maxInFlight, rule.maxInFlight),
        chunkRows: (remaining, cached) => rule.rows(remaining, cached),
        decoding: decodingOf(decoding, ring.stages),
      },
      wire,
    );
  }

  ringLost(reason: string): void {
    this.#probe = null;
    this.#driver.ringLost(reason);
  }

  receive(frame: ReturnFrame | ScoresFrame | AckFrame): void {
    if (this.#probe === null) this.#driver.receive(frame);
    else this.#probe.receive(frame);
  }

  probe(frames: readonly ProbeFrame[]): Promise<ProbeResult[]> {
    const { send, cancel } = this.#ports;
    const { embedding, head } = this.#loaded();
    this.#probe ??= new Probe({ embedding, head, epoch: this.#epoch, send, cancel });
    return this.#probe.run(frames);
  }

  ask(options: AskOptions): void {
    let outline: Outline | null;
    try {
      outline = this.#outlineOf(options);
    } catch (error) {
      // As of a file whose template refuses what router or outline say.
      this.#ports.emit(endedUntold(options.id, failure(error).message, ""));
      return;
    }
    if (outline === null) this.#ask(options, (event) => this.#ports.emit(event));
    else this.#outlines.set(options.id, outline);
  }

  #outlineOf(options: AskOptions): Outline | null {
    return Outline.tryStart(options, {
      ask: (part, tell) => this.#ask(part, tell),
      stop: (id) => this.#driver.cancel(id),
      close: (conversation) => this.closeConversation(conversation),
      render: (messages) => this.#open().tokenizer.renderChat(messages),
      emit: (event) => {
        if (event.kind === "finished") this.#outlines.delete(event.id);
        this.#ports.emit(event);
      },
      nowMs: () => performance.now(),
    });
  }

  #ask(options: AskOptions, tell: (event: AnswerEvent) => void): void {
    const { id, conversation, prompt, maxTokens, policy, force, decoding, beside } = options;
    let ids: Int32Array;
    let stopIds: readonly number[];
    try {
      const { tokenizer } = this.#open();
      const text = textOf(prompt, tokenizer);
      ids = this.#idsOf({ conversation, prompt }, text);
      // What ends the open model's answers may be any word in a recorded one.
      stopIds = this.#ports.emulated()?.replay?.stopIds ?? tokenizer.eosIds;
      const written = new AnswerText(tokenizer.stream(), options.stop);
      this.#answers.set(id, { options, tell, prompt: { text, ids: [...ids] }, written });
    } catch (error) {
      tell(endedUntold(id, failure(error).message, ""));
      return;
    }
    this.#driver.submit({
      id,
      conversation,
      ids,
      maxTokens,
      policy,
      stopIds,
      ...(force === undefined ? {} : { force }),
      ...(decoding === undefined ? {} : { decoding: decodingOf(decoding, this.#stages) }),
      ...(beside === undefined ? {} : { beside }),
    });
  }

  promptTokens(question: Pick<AskOptions, "conversation" | "prompt">): number | null {
    if (this.#model === null) return null;
    return this.#idsOf(question, textOf(question.prompt, this.#model.tokenizer)).length;
  }

  #idsOf({ conversation, prompt }: Pick<AskOptions, "conversation" | "prompt">, text: string): Int32Array {
    return prompt.kind === "ids" ? Int32Array.from(prompt.ids) : this.#open().dialogues.idsOf(conversation, text);
  }

  stopAnswer(id: string): void {
    const outline = this.#outlines.get(id);
    if (outline === undefined) this.#driver.cancel(id);
    else outline.stop();
  }

  closeConversation(conversation: string): void {
    this.#driver.closeConversation(conversation);
    // After the end of what was written in it, which is told at once.
    this.#model?.dialogues.forget(conversation);
  }

  #emit(event: HostEvent): void {
    switch (event.kind) {
      case "lap":
        this.#ports.emit(event);
        return;
      case "token":
        this.#token(event);
        return;
      case "finished":
        this.#finished(event);
        return;
      default:
        event satisfies never;
    }
  }

  #token(event: Extract<HostEvent, { kind: "token" }>): void {
    const answer = this.#answers.get(event.id);
    if (answer === undefined || answer.written.isOver) return;
    answer.tell({ ...event, text: answer.written.push(event.token) });
    // Not from within the coordinator's effects, which are carried out in order.
    if (answer.written.isOver) queueMicrotask(() => this.#driver.stop(event.id));
  }

  #finished({ id, reason, timings, ...ended }: Extract<HostEvent, { kind: "finished" }>): void {
    const answer = this.#answers.get(id);
    if (answer === undefined) return;
    this.#answers.delete(id);
    const { options, prompt, written } = answer;
    const finish = written.isOver ? "stop" : ended.finish;
    written.end();
    const output = written.tokens;
    this.#open().dialogues.answered(options.conversation, prompt, output);
    answer.tell({ kind: "finished", id, finish, reason, ids: prompt.ids, output, text: written.text, timings });
  }

  #open(): OpenModel {
    if (this.#model === null) throw new PipelineError("no-ring", "No model is open; choose one first.");
    return this.#model;
  }

  #loaded(): LoadedHead {
    if (this.#head === null)
      throw new PipelineError("no-ring", "The model's head is not loaded; start the ring first.");
    return this.#head;
  }
}

function textOf(prompt: AskOptions["prompt"], tokenizer: Tokenizer): string {
  switch (prompt.kind) {
    case "chat":
      return tokenizer.renderChat(prompt.messages);
    case "text":
      return prompt.text;
    case "ids":
      return prompt.ids.map((id) => tokenizer.textOf(id)).join("");
    default:
      return prompt satisfies never;
  }
}

function fixedRows(rows: number): Pick<ChunkRule, "rows" | "maxInFlight"> {
  return { rows: () => rows, maxInFlight: 0 };
}
