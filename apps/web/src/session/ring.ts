/** What a ring is asked to be, and what it is. */
import type { Checkpoint } from "@jupiter/model";
import type { DecodingChoice, LayerRange } from "@jupiter/pipeline";
import type { Pipe, Plan, Shift } from "@jupiter/planner";
import type { PeerId, Seat, WireType } from "@jupiter/protocol";
import type { ModelSource } from "../engine/api.ts";
import type { ComputeWish } from "../engine/engine.ts";
import type { RingTrouble } from "../state/trouble.ts";
import type { HeadPlace, HostLayers } from "./place-layers.ts";

export interface Model {
  readonly id: string;
  readonly title: string;
  /** Where its bytes are: a path of this server, an http(s) address, or a file that a person chose on this device. */
  readonly source: ModelSource;
}

export interface RingOptions {
  readonly model: Model;
  /** The donors that take part, in ring order. */
  readonly donors: readonly PeerId[];
  readonly hostLayers: HostLayers;
  /** Default: the host. The last stage then reads the answers. */
  readonly head?: HeadPlace;
  /** Layers per stage in ring order, the host's shares included; without it the planner splits by measured times. */
  readonly layers?: readonly number[];
  /** Donors that slow the ring down are left out. Default: all take part. */
  readonly leavesOut?: boolean;
  /** Layers move between answers, as devices become slower or faster, where that pays. Default: they stay. */
  readonly moves?: boolean;
  /** What this tab may hold; without it there is no limit, as a browser's own word is a coarse hint. */
  readonly hostMemoryBytes?: number;
  readonly compute: ComputeWish;
  readonly wire: WireType;
  /** Slots per conversation. */
  readonly capacity: number;
  /** Conversations whose cache is kept at once. */
  readonly arenas: number;
  /** Rows of a chunk of a prompt, or a ring whose table cuts prompts; without it the plan's table cuts prompts, if devices were measured. */
  readonly chunkRows?: number | Pipe;
  /** Chunks of one prompt on their way at once, at least. */
  readonly maxInFlight: number;
  /** Of answers that do not say; plain if not told. */
  readonly decoding?: DecodingChoice;
  /** A smaller model that guesses for answers whose decoding names the drafter `model`. */
  readonly draft?: Model;
  /** A file of Medusa heads for the model, for answers whose decoding names the drafter `medusa`. */
  readonly medusa?: ModelSource;
}

/** One stage's place in the ring. */
export interface Place {
  readonly seat: Seat;
  readonly layers: LayerRange;
}

export type RingState =
  | { readonly kind: "none" }
  | { readonly kind: "starting"; readonly message: string }
  | ReadyRing
  | { readonly kind: "lost"; readonly reason: RingTrouble; readonly message: string };

export interface ReadyRing {
  readonly kind: "ready";
  readonly model: Model;
  readonly checkpoint: Checkpoint;
  readonly places: readonly Place[];
  /** Who has final norm and LM head: the host, or the last place's device. */
  readonly head: Seat;
  /** Null: nothing was measured, so nothing is foretold. */
  readonly plan: Plan | null;
  /** Why this ring took the place of the one before by itself; none: somebody started it. */
  readonly shifts: readonly Shift[];
  readonly host: HostPart;
}

/** What the host's own tab holds. */
export interface HostPart {
  readonly rung: string;
  readonly backend: string;
  readonly fallbacks: readonly string[];
  readonly fetchedBytes: number;
  readonly memoryBytes: number;
  readonly inPlace: boolean;
}

/** Those that pass frames to `seat`: the host is before the first stage and after the last, and may hold stages itself. */
export function seatsBefore(seat: Seat, stages: readonly Seat[]): readonly Seat[] {
  const round: readonly Seat[] = ["host", ...stages, "host"];
  return round.filter((other, index) => other !== seat && round[index + 1] === seat);
}
