/** What was dropped, for people: how much, and what it was last. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Room } from "@jupiter/room";

export interface Suspicions {
  readonly count: number;
  /** A sentence; empty where there was none. */
  readonly last: string;
}

export const UNSUSPICIOUS: Suspicions = { count: 0, last: "" };

export function suspect(suspicions: Signal<Suspicions>, what: string): void {
  suspicions.value = { count: suspicions.value.count + 1, last: what };
}

/** What the server delivered and no member sent. */
export function suspicionsOf(room: Room): ReadonlySignal<Suspicions> {
  const suspicions = signal(UNSUSPICIOUS);
  room.events.on("suspicious", ({ message }) => suspect(suspicions, message));
  return suspicions;
}
