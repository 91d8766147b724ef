/** The ring as the page speaks of it. */
import type { PeerId } from "@jupiter/protocol";
import type { Device } from "../session/donor-proxy.ts";
import type { RingState } from "../session/ring.ts";
import { texts } from "../texts/index.ts";
import type { RingTrouble } from "./trouble.ts";

export type RingView =
  | { readonly kind: "none" }
  | { readonly kind: "starting"; readonly message: string }
  | { readonly kind: "ready"; readonly ring: Extract<RingState, { kind: "ready" }> }
  /** `lost`: it ran, and ended by itself; `not-started`: it never ran. */
  | { readonly kind: "lost" | "not-started"; readonly reason: RingTrouble; readonly message: string }
  | { readonly kind: "cancelled" };

/** `cancelled`: a person gave the start up. */
export function nextRingView(before: RingView, ring: RingState, cancelled: boolean): RingView {
  switch (ring.kind) {
    case "none":
    case "starting":
      return ring;
    case "ready":
      return { kind: "ready", ring };
    case "lost":
      if (cancelled) return { kind: "cancelled" };
      return { ...ring, kind: before.kind === "starting" ? "not-started" : "lost" };
    default:
      return ring satisfies never;
  }
}

/** Can be given layers: it has said what it is. One that could not be reached never did. */
export function isAvailable({ state, backends }: Device): boolean {
  return state.kind !== "connecting" && backends.length > 0;
}

/** Those that would take part in the next ring, in the order they came. */
export function takingPart(devices: readonly Device[], leftOut: ReadonlySet<PeerId>): readonly PeerId[] {
  return devices.filter((device) => isAvailable(device) && !leftOut.has(device.peer)).map(({ peer }) => peer);
}

export function ringDonors(view: RingView): readonly PeerId[] {
  const seats = view.kind === "ready" ? view.ring.places.map(({ seat }) => seat) : [];
  return [...new Set(seats)].filter((seat): seat is PeerId => seat !== "host");
}

/** A person at the host took one of its devices out: no fault, and the next ring is one of fewer devices. */
export function endedByRemoval(view: RingView): boolean {
  return view.kind === "lost" && view.reason === "removed";
}

/** The host is always one of them: it holds the tokenizer, the embedding and the head. */
export function startLabel(view: RingView, chosen: readonly PeerId[]): string {
  const { start, startAgain, startAlone, startWith } = texts.room;
  if (view.kind === "none") return start;
  if (!endedByRemoval(view) && (view.kind !== "ready" || !isOtherSet(view, chosen))) return startAgain;
  return chosen.length === 0 ? startAlone : startWith(chosen.length + 1);
}

/** The devices that would take part now are not those that do, or that the plan leaves out. */
export function isOtherSet(view: RingView, chosen: readonly PeerId[]): boolean {
  const running = ringDonors(view);
  const leftOut = view.kind === "ready" ? (view.ring.plan?.leftOut ?? []) : [];
  const isNew = (peer: PeerId) => !running.includes(peer) && !leftOut.includes(peer);
  return chosen.some(isNew) || running.some((peer) => !chosen.includes(peer));
}

/** Why nothing can be asked now; null: it can. */
export function whyNotAsk(view: RingView): string | null {
  const { starting, none, ended } = texts.room.whyNotAsk;
  switch (view.kind) {
    case "ready":
      return null;
    case "starting":
      return starting;
    case "none":
    case "cancelled":
      return none;
    case "lost":
    case "not-started":
      return ended;
    default:
      return view satisfies never;
  }
}
