/** What the room dropped, for people: how much, and what it was last. */
import { signal, type ReadonlySignal } from "@preact/signals";
import type { Room } from "@jupiter/room";

export interface Suspicions {
  readonly count: number;
  /** A sentence; empty where there was none. */
  readonly last: string;
}

export function suspicionsOf(room: Room): ReadonlySignal<Suspicions> {
  const suspicions = signal<Suspicions>({ count: 0, last: "" });
  room.events.on("suspicious", ({ message }) => {
    suspicions.value = { count: suspicions.value.count + 1, last: message };
  });
  return suspicions;
}
