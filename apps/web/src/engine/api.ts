/**
 * What a page asks of its engine worker, and what it is told. Calls go through Comlink; frames and events through a port of their own, by
 * transfer, as they are many.
 */
import type { Checkpoint, ModelShape, TensorEntry } from "@jupiter/model";
import type { ChatMessage } from "@jupiter/model/tokenizer";
import type {
  DecodingChoice,
  Finish,
  HostDriver,
  LapEvent,
  SamplingPolicy,
  Timings,
  UnmeasuredRing,
} from "@jupiter/pipeline";
import type { AssignMessage, BulkRequest, DonorMessage, FrameNumber, Seat, WireType } from "@jupiter/protocol";
import type { DeviceCosts, Pipe } from "@jupiter/planner";
import type { HeadTime, Rung, StageTimes } from "@jupiter/runtime";
import type { Emulation, EmulationStats } from "./emulation.ts";
import type { ProbeFrame, ProbeResult } from "./probe.ts";

export type FailureReason = Extract<DonorMessage, { type: "failed" }>["reason"];
export type Phase = Extract<DonorMessage, { type: "progress" }>["phase"];

/** Errors do not cross a worker's border whole; what went wrong is a value. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: FailureReason; readonly message: string };

export interface EngineSettings {
  readonly threads: number;
  readonly hideSubgroups: boolean;
  /** Who this worker works for: `host`, or the donor's own id. */
  readonly self: Seat;
  /** Origin of the room's server, for models that are named by a path. */
  readonly server: string;
  readonly emulation: Emulation | null;
}

export interface Proof {
  readonly passed: boolean;
  readonly maxError: number;
  readonly ms: number;
}

export interface LoadedShare {
  readonly fetchedBytes: number;
  readonly memoryBytes: number;
  /** The cache is bound where it lies; false: it is copied on every run. */
  readonly inPlace: boolean;
}

export interface LoadedLayers extends LoadedShare {
  /** Of those that were not held already: bytes in the file, from wherever they came, and the time until all were taken in. */
  readonly loaded: { readonly bytes: number; readonly ms: number };
}

/** A path of this server, an http(s) address, or a file that a person chose on this device. */
export type ModelSource = string | File;

/** What a file says of itself. */
export interface InspectedModel {
  readonly checkpoint: Checkpoint;
  readonly title: string | null;
  readonly licence: string | null;
  readonly sizeBytes: number;
}

export interface OpenedModel {
  readonly checkpoint: Checkpoint;
}

export interface EngineStats {
  readonly fetchedBytes: number;
  /** Of layers' tensors since the worker began, from the source or from this browser's store. */
  readonly loadedBytes: number;
  readonly memoryBytes: number;
  readonly runs: number;
  /** Tokens of prompts and answers, guesses among them. */
  readonly rows: number;
  readonly computeMs: number;
  readonly emulation: EmulationStats | null;
}

export interface AskOptions {
  readonly id: string;
  readonly conversation: string;
  readonly prompt:
    | { readonly kind: "chat"; readonly messages: readonly ChatMessage[] }
    | { readonly kind: "text"; readonly text: string }
    /** As they are; such a conversation goes on by ids too. */
    | { readonly kind: "ids"; readonly ids: readonly number[] };
  readonly maxTokens: number;
  readonly policy: SamplingPolicy;
  /** Texts that end the answer and are not part of it. */
  readonly stop: readonly string[];
  readonly force?: readonly number[];
  /** Without it the ring's. */
  readonly decoding?: DecodingChoice;
  /** Written point by point, all points at once: another text than the plain answer. `auto`: where the model finds that it is such a question. */
  readonly outline?: OutlineChoice;
  /** Questions of one conversation that say the same here run side by side: what their prompts begin with is there once. */
  readonly beside?: string;
}

export type OutlineChoice = "auto" | "on" | "off";

/** What is to be timed. */
export interface ProfileWish {
  readonly layers: boolean;
  readonly head: boolean;
}

/** Lists are empty for what was not wished. */
export interface DeviceTimes extends StageTimes {
  readonly headTimes: readonly HeadTime[];
}

export interface RingSettings extends Omit<UnmeasuredRing, "chunkRows" | "decoding" | "stages"> {
  /** Rows of every chunk, or the ring as the chunk rule sees it. */
  readonly chunkRows: number | Pipe;
  readonly stages: number;
  readonly decoding: DecodingChoice;
  readonly wire: WireType;
  /** The first stage's seat, and the last one's. */
  readonly first: Seat;
  readonly last: Seat;
}

export interface EngineApi {
  /** First of all calls, once in a worker's life. */
  configure(settings: EngineSettings, port: MessagePort): void;
  prove(shape: ModelShape, rung: Rung): Promise<Outcome<Proof>>;
  profile(shape: ModelShape, rung: Rung, wish: ProfileWish): Promise<Outcome<DeviceTimes>>;
  loadShare(assign: AssignMessage, rung: Rung): Promise<Outcome<LoadedLayers>>;
  /** Frees every share, and what is held of earlier ones. */
  dropShares(): Promise<void>;
  /** Ends every share and frees its cache; the next ones of the same model take over the layers that they have in common. */
  holdShares(): Promise<void>;
  stats(): EngineStats;
  /** Host, for tests: of questions, frames and cache slots. */
  holds(): HostDriver["holds"];
  /** What an emulated device takes from now on. */
  alter(costs: DeviceCosts): void;
  /** Host: reads header and tokenizer, and leaves the open model as it is. */
  inspect(source: ModelSource, id: string): Promise<Outcome<InspectedModel>>;
  /** Host: header, tokenizer and template. */
  openModel(source: ModelSource, id: string): Promise<Outcome<OpenedModel>>;
  /** Host: those tensors of the open model, with the SHA-256 of their bytes. */
  hashTensors(names: readonly string[]): Promise<Outcome<readonly TensorEntry[]>>;
  /** Host: the embedding of the open model, and with `scores` its final norm and LM head. */
  loadEnds(rung: Rung, scores: boolean): Promise<Outcome<LoadedShare>>;
  /** Host: Medusa heads for the open model, after its head; how many they are. */
  loadMedusa(source: ModelSource): Promise<Outcome<number>>;
  /** Host: a smaller model with the open model's tokens, in a worker of its own. `capacity`: slots of its cache. */
  loadDraft(source: ModelSource, id: string, capacity: number): Promise<Outcome<LoadedShare>>;
  dropDraft(): void;
  ringReady(settings: RingSettings): void;
  ringLost(reason: string): void;
  /** The answer comes as events; what is wrong with the question comes as one as well. */
  ask(options: AskOptions): void;
  /** Host: of the prompt that `ask` would make of this; null: no model is open. */
  promptTokens(question: Pick<AskOptions, "conversation" | "prompt">): number | null;
  stopAnswer(id: string): void;
  closeConversation(conversation: string): void;
  /** Host, for tests: frames of any form instead of questions, from now on until the ring ends. */
  probe(frames: readonly ProbeFrame[]): Promise<readonly ProbeResult[]>;
}

/** Page to worker. */
export type ToEngine =
  | { readonly kind: "frame"; readonly from: Seat; readonly bytes: Uint8Array }
  | { readonly kind: "cancel"; readonly frames: readonly FrameNumber[] }
  /** A message of the bulk link. */
  | { readonly kind: "bulk"; readonly bytes: Uint8Array }
  | { readonly kind: "bulk-lost"; readonly message: string };

/** Worker to page. */
export type FromEngine =
  | { readonly kind: "frame"; readonly to: Seat; readonly bytes: Uint8Array<ArrayBuffer> }
  /** To every donor's control link. */
  | { readonly kind: "cancel"; readonly frames: readonly FrameNumber[] }
  | { readonly kind: "progress"; readonly loadedBytes: number; readonly totalBytes: number; readonly phase: Phase }
  /** To the host, over the bulk link. */
  | { readonly kind: "bulk-request"; readonly request: BulkRequest }
  /** What came over the bulk link was no host's; the link must end. */
  | { readonly kind: "bulk-fault"; readonly message: string }
  /** Of what this browser keeps of models; for people. */
  | { readonly kind: "storage"; readonly message: string }
  /** Host: the draft model guesses no more; answers go on without it. */
  | { readonly kind: "draft-failed"; readonly message: string }
  /** The ring cannot go on here. `from`: whose bytes were at fault, if a peer's. */
  | { readonly kind: "failed"; readonly from: Seat | null; readonly reason: FailureReason; readonly message: string }
  | LapEvent
  | AnswerEvent;

export type AnswerEvent =
  | {
      readonly kind: "token";
      readonly id: string;
      readonly token: number;
      readonly chosen: number;
      readonly margin: number;
      readonly logProb: number;
      /** What this token adds for the reader; often less or more than the token itself. */
      readonly text: string;
    }
  /** The whole answer so far, of one that grows in several places. */
  | { readonly kind: "points"; readonly id: string; readonly text: string }
  | FinishedAnswer;

/** One point of an outline. */
export interface OutlineBranch {
  readonly number: number;
  readonly title: string;
  /** Of its prompt. */
  readonly ids: readonly number[];
  readonly output: readonly number[];
  readonly finish: Finish;
}

/** What the model was asked before the points, and said. */
export interface OutlineStep {
  readonly name: "router" | "outline";
  /** Of its prompt. */
  readonly ids: readonly number[];
  readonly output: readonly number[];
  /** Since the question. */
  readonly endMs: number;
}

export interface FinishedAnswer {
  readonly kind: "finished";
  readonly id: string;
  readonly finish: Finish;
  readonly reason: string | null;
  /** Of the prompt. */
  readonly ids: readonly number[];
  readonly output: readonly number[];
  readonly text: string;
  readonly timings: Timings;
  /** Of an answer that is written by points, or was to be. */
  readonly steps?: readonly OutlineStep[];
  /** Parts that were written side by side. */
  readonly branches?: readonly OutlineBranch[];
  /** What was tried before it and led to nothing. */
  readonly setAside?: SetAside;
}

/** The end of an answer that no coordinator tells figures of: stopped (null), or failed for this reason. */
export function endedUntold(id: string, reason: string | null, text: string): FinishedAnswer {
  const timings = { promptTokens: 0, reusedTokens: 0, prefillMs: 0, timeToFirstTokenMs: 0, decodeMs: 0, laps: 0 };
  const finish = reason === null ? "cancelled" : "failed";
  return { kind: "finished", id, finish, reason, ids: [], output: [], text, timings };
}

/** A plain answer that was to be written point by point, and why it was not. Its time is part of the answer's time to the first token. */
export interface SetAside {
  /** `not-fit`: the model found that the question is none for a list. `no-outline`: what it wrote as an outline has no points. */
  readonly why: "not-fit" | "no-outline";
  readonly ms: number;
}
