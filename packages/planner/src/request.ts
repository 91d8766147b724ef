/** What the planner is asked. Letters as everywhere: `L` layers, `T` new tokens, `S` cached ones. */
import type { Seat } from "@jupiter/protocol";
import type { DeviceCosts, LinkCost } from "./costs.ts";

/** Where the host has layers of its own. `all`: it holds every layer, and donors take no part. */
export type HostLayers = "none" | "first" | "last" | "both" | "all";

/** Who runs final norm and LM head: the host, or whoever holds the last layers. */
export type HeadSeat = "host" | "last";

export interface DeviceProfile {
  readonly seat: Seat;
  /** For messages. */
  readonly name: string;
  readonly costs: DeviceCosts;
  /** Bytes that may be asked of it; Infinity: no limit. */
  readonly memoryBytes: number;
  /** Bytes that it needs however many layers it has: work buffers, what loading takes for a moment, a margin; the host's embedding. */
  readonly fixedBytes: number;
  /** `[L]`: bytes of each layer's weights in the form that its back end holds. */
  readonly layerBytes: readonly number[];
  /** Bytes of final norm and LM head in that form. */
  readonly headBytes: number;
}

export interface ModelNeeds {
  readonly L: number;
  /** Cache per layer for the promised context of every conversation kept. */
  readonly kvBytes: number;
  /** Of which `kvBytes` is for; for messages. */
  readonly context?: { readonly tokens: number; readonly conversations: number };
  /** What one row of a frame takes on a link. */
  readonly rowBytes: number;
  /** What its scores take on the way back, where the last stage has the head; as much as a row, if not told. */
  readonly scoreBytes?: number;
  /** Rows of one frame, at most: no device was timed with more. */
  readonly mostRows: number;
}

export interface Workload {
  readonly promptTokens: number;
  /** Of one answer. */
  readonly answerTokens: number;
  /** Answers that are written at the same time; their prompts come one behind the other. */
  readonly answersAtOnce: number;
  /** Tokens that a lap adds to an answer: 1 without drafts. */
  readonly tokensPerLap: number;
  /** Rows that a lap's frames carry: 1 without drafts. */
  readonly rowsPerLap: number;
  /** Frames of one answer that are in the ring at once: 1 without drafts. */
  readonly framesPerLap: number;
  /** What the host adds to each lap of an answer: drafts, choosing. */
  readonly hostLapMs: number;
}

/** `workload`: milliseconds until all answers are there; `first-token`: until the first one's first token; `tokens-per-second`: of all answers. */
export type ObjectiveMode = "workload" | "first-token" | "tokens-per-second";

export interface Placement {
  /** Where the host may have layers; the best of them is taken. */
  readonly hostLayers: readonly HostLayers[];
  readonly head: readonly HeadSeat[];
  /** `best`: whoever slows the ring down is left out; `all`: every donor gets a layer, but where `hostLayers` has `all`. */
  readonly donors: "best" | "all";
  /**
   * Layers per stage in ring order, donors in the order that they came, instead of the best split; the person's word, so memory limits are not held
   * against it. `hostLayers` and `head` then name one place each.
   */
  readonly layers?: readonly number[];
}

export interface PlanRequest {
  /** The host and the donors, in any order. */
  readonly devices: readonly DeviceProfile[];
  readonly link: (from: Seat, to: Seat) => LinkCost;
  readonly model: ModelNeeds;
  readonly placement: Placement;
  readonly workload: Workload;
  readonly objective: ObjectiveMode;
}

/** A question and an answer as people chat: what is planned for when nothing better is known. */
export const CHAT: Workload = {
  promptTokens: 200,
  answerTokens: 200,
  answersAtOnce: 1,
  tokensPerLap: 1,
  rowsPerLap: 1,
  framesPerLap: 1,
  hostLapMs: 0,
};
