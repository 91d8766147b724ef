/** What the coordinator is asked for and what it answers; the shapes that page, ring command and simulator share. */
import type { Activations, CacheCommand, FrameNumber, RowScore, RowTable, ScorePolicy } from "@jupiter/protocol";
import type { Decoding } from "./decoding.ts";
import type { BranchId, BranchView, Draft } from "./drafter.ts";
import type { SamplingPolicy } from "./sampling.ts";

export type RequestId = string;
export type ConversationId = string;

export interface GenerateRequest {
  readonly id: RequestId;
  readonly conversation: ConversationId;
  /** The whole dialogue so far; what the conversation's cache holds of it already is not computed again. */
  readonly ids: Int32Array;
  readonly maxTokens: number;
  readonly policy: SamplingPolicy;
  /** Ids that end the answer; they are part of it. */
  readonly stopIds: readonly number[];
  /** Feed these instead of what was chosen; the answer then reports what would have been chosen at every step. */
  readonly force?: readonly number[];
  /** Without it the ring's. */
  readonly decoding?: Decoding;
  /** Requests of one conversation that have the same word here run side by side, and share what their prompts have in common. */
  readonly beside?: string;
}

/** What became of a drafter's proposals, as far as they were judged. */
export interface DrafterCount {
  readonly name: string;
  readonly drafted: number;
  readonly sent: number;
  /** Sent, and the model said the same. */
  readonly accepted: number;
}

export interface DecodingCounts {
  /** Frames that carried rows of this request, those of its prompt included, and its rows in them. */
  readonly frames: number;
  readonly rows: number;
  /** Rows that were drafts when they were sent. */
  readonly drafted: number;
  /** Of those, the ones that the model agreed with. */
  readonly accepted: number;
  /** Frames that were refuted on their way. */
  readonly cancelled: number;
  readonly drafters: readonly DrafterCount[];
}

export interface Timings {
  readonly promptTokens: number;
  /** Prompt tokens whose cache was there already. */
  readonly reusedTokens: number;
  /** From the request's first frame to the first token's verdict. */
  readonly prefillMs: number;
  /** From the request's arrival to the first token. */
  readonly timeToFirstTokenMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  /** Round trips for a verdict that followed one another: what the answer took, counted in laps. */
  readonly laps: number;
  /** Absent where the request never ran. */
  readonly counts?: DecodingCounts;
}

export type Finish = "stop" | "length" | "cancelled" | "failed";

export type CoordinatorEvent =
  | { readonly kind: "submit"; readonly request: GenerateRequest }
  | { readonly kind: "cancel"; readonly id: RequestId }
  /** The answer is complete for a reason that only text shows (a stop sequence). */
  | { readonly kind: "stop"; readonly id: RequestId }
  | { readonly kind: "ring-ready"; readonly ring: Ring }
  | { readonly kind: "ring-lost"; readonly reason: string }
  /** A frame came back with the rows that were wanted. */
  | { readonly kind: "returned"; readonly frame: FrameNumber; readonly activations: Activations }
  /** A frame came back with scores instead of rows: the ring has its head on the last stage. Of every wanted row, in order. */
  | { readonly kind: "told"; readonly frame: FrameNumber; readonly scores: readonly RowScore[] }
  | { readonly kind: "acknowledged"; readonly frame: FrameNumber }
  | { readonly kind: "scored"; readonly frame: FrameNumber; readonly scores: readonly RowScore[] }
  | { readonly kind: "close-conversation"; readonly conversation: ConversationId }
  /** Comes after a `turn` effect. */
  | { readonly kind: "turn" }
  /** The time of a `wake` effect has come. */
  | { readonly kind: "woken" }
  /** A drafter's answer to a `draft` effect; must come for those that were abandoned, too, whatever it is. */
  | { readonly kind: "drafted"; readonly ask: number; readonly drafts: readonly Draft[] };

export interface Ring {
  readonly epoch: number;
  /** Rows of the next chunk of a prompt, given how many remain and how many are cached. At least 1. */
  readonly chunkRows: (remaining: number, cached: number) => number;
  /** Chunks of one prompt that may be on their way at once. */
  readonly maxInFlight: number;
  /** Slots that every stage promised per arena. */
  readonly capacity: number;
  /** Arenas that may be open at once. */
  readonly arenas: number;
  /** Devices that compute one after the other; 1 if not told. */
  readonly stages?: number;
  /** The last stage has final norm and LM head, of a model with so many words; not told: the host has them. */
  readonly headOnLast?: { readonly vocabulary: number };
  /** How answers are decoded whose requests do not say; `PLAIN` if not told. */
  readonly decoding?: Decoding;
  /** What a lap of so few rows takes; only the proportions matter. */
  readonly costOf: (rows: number) => number;
  /** What the slowest stage takes for so few rows, milliseconds; 0, or not told: not known. */
  readonly stageMsOf?: (rows: number) => number;
}

/** What rows take is not known yet: a driver measures it. */
export type UnmeasuredRing = Omit<Ring, "costOf" | "stageMsOf">;

export type CoordinatorEffect =
  /** Embed `tokenIds` and send the frame to the first stage. */
  | {
      readonly kind: "send";
      readonly frame: FrameNumber;
      readonly epoch: number;
      readonly commands: readonly CacheCommand[];
      readonly rows: RowTable;
      readonly tokenIds: Int32Array;
      /** How many of the rows are guesses. */
      readonly drafts: number;
    }
  /** Run the head over the returned rows, one policy a row; answer with `scored`. */
  | {
      readonly kind: "score";
      readonly frame: FrameNumber;
      readonly activations: Activations;
      readonly policies: readonly ScorePolicy[];
    }
  /** Ask the drafter; answer with `drafted` at once if it answers at once. */
  | {
      readonly kind: "draft";
      readonly ask: number;
      readonly drafter: string;
      readonly views: readonly BranchView[];
      readonly budget: number;
    }
  | { readonly kind: "abandon-drafts"; readonly asks: readonly number[] }
  /** Drafters need not remember this branch any more. */
  | { readonly kind: "forget-branch"; readonly branch: BranchId }
  /** Handle `turn` next: what came of the effects before is to be seen first. */
  | { readonly kind: "turn" }
  /** Handle `woken` at this time, or soon after. */
  | { readonly kind: "wake"; readonly atMs: number }
  /** On every control link, ahead of frames. */
  | { readonly kind: "cancel-frames"; readonly frames: readonly FrameNumber[] }
  | {
      readonly kind: "token";
      readonly id: RequestId;
      /** The token that is part of the answer (the forced one where ids are forced). */
      readonly token: number;
      /** What the policy chose. */
      readonly chosen: number;
      /** Of `token`, natural, at temperature 1. */
      readonly logProb: number;
      /** Lead of the best log-probability over the second best: equals the lead of the logits. */
      readonly margin: number;
    }
  | {
      readonly kind: "finished";
      readonly id: RequestId;
      readonly finish: Finish;
      readonly reason: string | null;
      readonly output: readonly number[];
      readonly timings: Timings;
    };
