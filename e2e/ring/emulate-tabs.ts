/** Makes the tabs of a room what the scenario says they are: emulated devices, shaped links. */
import { resolve } from "node:path";
import type { PeerId } from "@jupiter/protocol";
import type { Page } from "playwright";
import type { DraftedCase } from "@jupiter/simulator";
import { z } from "zod";
import type { EmulationStats } from "../../apps/web/src/engine/emulation.ts";
import { recordedGuesses, spoiled } from "./drafters.ts";
import type { Names } from "./report.ts";
import { readJson } from "./run.ts";
import { linkBetween } from "./scenario-devices.ts";
import { parse, type Scenario } from "./scenario.ts";
import type { TabRoom } from "./tabs.ts";

const Guess = z.tuple([z.int(), z.number()]).readonly();

const Trace = z.object({
  /** Ids that end an answer, of the model whose answers these are: for runs that have its tokenizer. None: each is as long as is asked for. */
  stopIds: z.array(z.int()).default([]),
  cases: z
    .array(
      z.object({
        promptIds: z.array(z.int()),
        greedy: z.array(z.int()),
        draftTop: z.array(z.array(Guess)).default([]),
      }),
    )
    .min(1),
});

export interface RecordedTrace {
  readonly stopIds: readonly number[];
  readonly cases: readonly DraftedCase[];
}

/** The scenario's; nothing where it names none. */
export function recordedTrace({ trace, recorded }: Scenario, folder: string): RecordedTrace {
  if (trace === undefined) return { stopIds: [], cases: [] };
  const found = parse(Trace, readJson(resolve(folder, trace)), trace);
  return recorded.rightPercent === undefined ? found : { ...found, cases: spoiled(found.cases, recorded.rightPercent) };
}

/** Before the ring starts: links that are opened afterwards are shaped, engines that are started afterwards emulated. */
export async function emulateTabs(room: TabRoom, scenario: Scenario, names: Names, folder: string): Promise<void> {
  const { devices, links, shape, seed } = scenario;
  const trace = recordedTrace(scenario, folder);
  const guesses = recordedGuesses(scenario);
  const pages = pagesOf(room);
  const seats = [...names.keys()];
  const peers = [await room.host.evaluate(() => globalThis.jupiterHarness!.peer()), ...(seats.slice(1) as PeerId[])];
  const called = [...names.values()];
  for (const [self, page] of pages.entries()) {
    const time = devices?.[self]?.time;
    const replay =
      shape === undefined ? null : { L: shape.L, D: shape.D, ...trace, guesses: self === 0 ? guesses : null };
    const emulation = time === undefined ? null : { costs: time, replay };
    const shapes = peers.flatMap((peer, other) => {
      const { shape } = linkBetween(links, called[self] ?? "", called[other] ?? "");
      return other === self || Object.keys(shape).length === 0
        ? []
        : [{ peer, shape, seed: seed + self * pages.length + other }];
    });
    await page.evaluate(
      (settings) => {
        const tab = globalThis.jupiterHarness ?? globalThis.jupiterDonor!;
        tab.emulate(settings.emulation);
        tab.shapeLinks(settings.shapes);
      },
      { emulation, shapes },
    );
  }
}

/**
 * Of a tab that was late by more than this share of what the busiest tab emulated, the figures are not the emulated device's. Not of its own: a host with nothing
 * but the head emulates so little that the clock's own grain would count.
 */
const LATE_SHARE = 0.02;

export interface EmulatedTab extends EmulationStats {
  readonly device: string;
  /** Real arithmetic, or this machine, left the emulated device's times no room. */
  readonly isTooSlow: boolean;
}

export async function emulatedTabs(room: TabRoom, names: Names): Promise<readonly EmulatedTab[]> {
  const called = [...names.values()];
  const tabs: Omit<EmulatedTab, "isTooSlow">[] = [];
  for (const [i, page] of pagesOf(room).entries()) {
    const stats = await page.evaluate(() => (globalThis.jupiterHarness ?? globalThis.jupiterDonor!).emulation());
    if (stats !== null) tabs.push({ device: called[i] ?? "?", ...stats });
  }
  const most = Math.max(0, ...tabs.map(({ emulatedMs }) => emulatedMs));
  return tabs.map((tab) => ({ ...tab, isTooSlow: tab.lateMs > LATE_SHARE * most }));
}

function pagesOf({ host, donors }: TabRoom): readonly Page[] {
  return [host, ...donors];
}
