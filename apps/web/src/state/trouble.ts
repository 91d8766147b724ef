/** What can go wrong, by name; the words for it are in `texts`, and the compiler sees that none is missing. Pure. */
import type { FailureReason } from "../engine/api.ts";

/** Why a ring ended, or did not come about. `removed`: by a person at the host, who was told before that it ends the ring. */
export type RingTrouble = FailureReason | "left" | "vanished" | "removed";

/** What a browser lacks. */
export type Hindrance = "no-webgpu" | "no-gpu" | "not-isolated" | "no-store" | "full-store" | "no-webrtc";

/** Why two devices of one room do not reach each other. */
export type LinkCause = "local-network" | "guest-wifi" | "vpn" | "no-turn";

/** The likeliest first. Apple's systems ask once for the local network, and a refusal shows nowhere. */
export function likelyCauses({
  isApple,
  hasTurn,
}: {
  readonly isApple: boolean;
  readonly hasTurn: boolean;
}): readonly LinkCause[] {
  const everywhere = ["guest-wifi", "vpn"] as const;
  return [...(isApple ? (["local-network"] as const) : []), ...everywhere, ...(hasTurn ? [] : (["no-turn"] as const))];
}

/** What a look at the browser found. */
export interface Surroundings {
  readonly hasWebGpu: boolean;
  /** Behind WebGPU, other than software that stands in for one. */
  readonly hasGpu: boolean;
  readonly isIsolated: boolean;
  readonly store: "open" | "full" | "missing";
  readonly hasWebRtc: boolean;
}

/** What must be said, the gravest first. */
export function hindrances({ hasWebGpu, hasGpu, isIsolated, store, hasWebRtc }: Surroundings): readonly Hindrance[] {
  return [
    ...(hasWebRtc ? [] : (["no-webrtc"] as const)),
    ...(hasWebGpu ? (hasGpu ? [] : (["no-gpu"] as const)) : (["no-webgpu"] as const)),
    ...(isIsolated ? [] : (["not-isolated"] as const)),
    ...(store === "missing" ? (["no-store"] as const) : []),
    ...(store === "full" ? (["full-store"] as const) : []),
  ];
}
