/** The smaller model that guesses ahead. */
import { units } from "./units.ts";

export const guessing = {
  withModel: (title: string) => `Guess with ${title}, too`,
  hint: (sizeBytes: number, memoryBytes: number | null) =>
    `A smaller model of this device's own, which guesses right more often where the answer says something new. ${units.bytes(sizeBytes)} to fetch, once${memoryBytes === null ? "" : `; ${units.bytes(memoryBytes)} of this device's memory`}.`,
  tooLarge: "This device cannot hold it beside its part of the ring. Let it hold more, or a shorter context.",
  loading: "It is being loaded…",
  ready: "It is guessing.",
  failed: (message: string) => `It does not guess: ${message}`,
};
