/** What the planner is asked. Letters as everywhere: `L` layers. */
import type { Seat } from "@jupiter/protocol";

/** Where the host has layers of its own. `all`: it holds every layer, and donors take no part. */
export type HostLayers = "none" | "first" | "last" | "both" | "all";

export interface DeviceProfile {
  readonly seat: Seat;
  /** For messages. */
  readonly name: string;
  /** Measured time of one layer, in whatever mix of frames the caller weighs. */
  readonly layerMs: number;
  /** Bytes that may be asked of it; Infinity: no limit. */
  readonly memoryBytes: number;
  /** Bytes that it needs however many layers it has. */
  readonly fixedBytes: number;
  /** `[L]`: bytes of each layer's weights in the form that its back end holds. */
  readonly layerBytes: readonly number[];
}

export interface ModelNeeds {
  readonly L: number;
  /** Cache per layer for the promised context of every conversation kept. */
  readonly kvBytes: number;
}

export interface Placement {
  readonly hostLayers: HostLayers;
  /** Layers per stage in ring order instead of the best split; the person's word, so memory limits are not held against it. */
  readonly layers?: readonly number[];
}

export interface PlanRequest {
  /** Donors in ring order; the host anywhere among them, needed only where it has layers. */
  readonly devices: readonly DeviceProfile[];
  readonly model: ModelNeeds;
  readonly placement: Placement;
}
