/** Which of the page's texts says what state; numbers as people read them. Pure. */
import type { Device } from "../session/donor-proxy.ts";
import type { HostLayers } from "../session/place-layers.ts";
import { texts } from "../texts/index.ts";

/** Counted from 1, both ends included. */
export function layersInWords(
  { first, end }: { readonly first: number; readonly end: number },
  of: number | null,
): string {
  return texts.devices.span(first, end, of);
}

/** Phases come from other devices, whose page may be newer than this one. */
export function phaseInWords(phase: string): string {
  return lookUp(texts.devices.phases, phase) ?? texts.devices.loading;
}

export function deviceStateInWords({ state, layers }: Device): string {
  if (state.kind === "loading") return phaseInWords(state.phase);
  return texts.devices.states[state.kind === "serving" && layers === null ? "idle" : state.kind];
}

export function backendInWords(backend: string): string {
  return lookUp(texts.devices.backends, backend) ?? backend;
}

/** What the other devices can learn of a conversation. */
export function privacyInWords(hostLayers: Exclude<HostLayers, "all">): string {
  return hostLayers === "first" || hostLayers === "both" ? texts.room.wordsStay : texts.room.wordsLeave;
}

/** A message as a sentence of its own. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

function lookUp(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
