/** Numbers and states as people read them. */
import type { Phase } from "../engine/api.ts";
import type { Device } from "../session/donor-proxy.ts";
import type { HostLayers } from "../session/place-layers.ts";

/** Decimal units, as browsers and shops count downloads. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

export function secondsInWords(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

export function rateInWords(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}

/** Counted from 1, both ends included. */
export function layersInWords(
  { first, end }: { readonly first: number; readonly end: number },
  of: number | null,
): string {
  const span = end - first === 1 ? `Layer ${end}` : `Layers ${first + 1}–${end}`;
  return of === null ? span : `${span} of ${of}`;
}

const PHASES: Readonly<Record<Phase, string>> = {
  checking: "Checking its arithmetic",
  fetching: "Fetching layers",
  unpacking: "Unpacking layers",
  building: "Building layers",
  linking: "Linking",
};

export function phaseInWords(phase: string): string {
  return Object.hasOwn(PHASES, phase) ? PHASES[phase as Phase] : "Loading";
}

export function deviceStateInWords({ state, layers }: Device): string {
  switch (state.kind) {
    case "connecting":
      return "Connecting";
    case "idle":
      return "Waiting";
    case "loading":
      return phaseInWords(state.phase);
    case "ready":
      return "Ready";
    case "serving":
      return layers === null ? "Waiting" : "In the ring";
    case "failed":
      return "Failed";
    default:
      return state satisfies never;
  }
}

export function backendInWords(backend: string): string {
  return backend === "webgpu" ? "WebGPU" : backend === "wasm" ? "Processor (wasm)" : backend;
}

/** What the host's own tab computes; the first layers hide the words from everyone else. */
export function hostLayersInWords(hostLayers: Exclude<HostLayers, "all">): string {
  switch (hostLayers) {
    case "none":
      return "no layers";
    case "first":
      return "the first layers";
    case "last":
      return "the last layers";
    case "both":
      return "the first and the last layers";
    default:
      return hostLayers satisfies never;
  }
}

/** What the other devices can learn of a conversation. */
export function privacyInWords(hostLayers: Exclude<HostLayers, "all">): string {
  return hostLayers === "first" || hostLayers === "both"
    ? "The words stay here; other devices get numbers from which they could at best be guessed."
    : "Without the first layers here, the next device can read your questions off the numbers it gets.";
}
