/** The ring as the page speaks of it. */
import type { PeerId } from "@jupiter/protocol";
import type { Device } from "../session/donor-proxy.ts";
import type { RingState } from "../session/host-session.ts";

export type RingView =
  | { readonly kind: "none" }
  | { readonly kind: "starting"; readonly message: string }
  | { readonly kind: "ready"; readonly ring: Extract<RingState, { kind: "ready" }> }
  /** It ran, and ended by itself. */
  | { readonly kind: "lost"; readonly message: string }
  /** It never ran. */
  | { readonly kind: "not-started"; readonly message: string }
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
      return { kind: before.kind === "starting" ? "not-started" : "lost", message: ring.message };
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

/** The host is always one of them: it holds the tokenizer, the embedding and the head. */
export function startLabel(view: RingView, chosen: readonly PeerId[]): string {
  if (view.kind === "none") return "Start the ring";
  if (view.kind !== "ready" || !isOtherSet(view, chosen)) return "Start again";
  return chosen.length === 0 ? "Start again with this device alone" : `Start again with ${chosen.length + 1} devices`;
}

/** The devices that would take part now are not those that do. */
export function isOtherSet(view: RingView, chosen: readonly PeerId[]): boolean {
  const running = new Set(ringDonors(view));
  return running.size !== chosen.length || chosen.some((peer) => !running.has(peer));
}

/** Why nothing can be asked now; null: it can. */
export function whyNotAsk(view: RingView): string | null {
  switch (view.kind) {
    case "ready":
      return null;
    case "starting":
      return "The ring is starting. You can ask as soon as it is ready.";
    case "none":
    case "cancelled":
      return "Start the ring to ask something.";
    case "lost":
    case "not-started":
      return "There is no ring at the moment. Start it again to go on.";
    default:
      return view satisfies never;
  }
}
