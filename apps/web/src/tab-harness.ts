/** What a test runner makes of a tab, the host's or a donor's: an emulated device, links of another network. */
import { shapeLinks, type ShapedNeighbour } from "./compose.ts";
import type { Emulation, EmulationStats } from "./engine/emulation.ts";
import type { Engine } from "./engine/engine.ts";

export interface TabHarness {
  /** From the next ring on. */
  emulate(emulation: Emulation | null): void;
  /** What the emulated device takes from now on, in the ring that runs and in later ones. */
  alter(costs: Emulation["costs"]): void;
  /** Since the engine was started; null: this tab is itself. */
  emulation(): Promise<EmulationStats | null>;
  /** Of layers' tensors since the engine was started, from the source or from this browser's store. */
  loadedBytes(): Promise<number>;
  /** From the next ring on. */
  shapeLinks(neighbours: readonly ShapedNeighbour[]): void;
}

export function tabHarness(engine: () => Engine): TabHarness {
  return {
    emulate: (emulation) => engine().emulate(emulation),
    alter: (costs) => engine().alter(costs),
    emulation: async () => (await engine().running?.stats())?.emulation ?? null,
    loadedBytes: async () => (await engine().running?.stats())?.loadedBytes ?? 0,
    shapeLinks,
  };
}
