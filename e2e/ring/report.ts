/** What `npm run ring` says of a run besides its answers. */
import type { HarnessAnswer } from "../../apps/web/src/harness.ts";
import { emulatedTabs, type EmulatedTab } from "./emulate-tabs.ts";
import { measuresOf, spansOf, startOf, type Batch, type Measures, type Source } from "./measures.ts";
import type { Pipe, Prediction } from "@jupiter/planner";
import { recordedGuesses } from "./drafters.ts";
import type { ReadyRing } from "./open-ring.ts";
import { donorName, HOST_NAME } from "./scenario-devices.ts";
import type { Scenario } from "./scenario.ts";
import { type TabRoom } from "./tabs.ts";
import { tabMemory, type TabMemory } from "./tab-processes.ts";

/** Laps of the answer to one prompt, or to those that were put at once. */
export interface CaseLaps {
  readonly id: string;
  readonly laps: readonly object[];
}

export interface RunReport {
  readonly source: Source;
  /** What was recorded elsewhere and only played again here. */
  readonly replayed: readonly ("answers" | "guesses")[];
  readonly scenario: Scenario;
  /** Who has final norm and LM head. */
  readonly head: string;
  readonly plan: readonly {
    readonly seat: string;
    readonly device: string;
    readonly first: number;
    readonly end: number;
  }[];
  /** What the planner foretold of a question and an answer of 200 tokens each; null where nothing was measured for it. */
  readonly prediction: Prediction | null;
  /** The ring as it was planned: what the page timed devices and links to take. */
  readonly pipe: Pipe | null;
  readonly devices: readonly object[];
  readonly host: object;
  readonly bytesSent: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The same as links, by the devices' names. */
  readonly links: readonly { readonly from: string; readonly to: string; readonly sizeBytes: number }[];
  /** The largest tab process first. */
  readonly tabMemory: readonly TabMemory[];
  readonly laps: readonly CaseLaps[];
  /** Of every answer, or of those that were written together. */
  readonly batches: readonly Batch[];
  /** Of tabs that stood for another device. */
  readonly emulation: readonly EmulatedTab[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Devices by seat, the host first: as the scenario calls them, else \`host\`, \`donor 1\`, … in the order in which they joined. */
export type Names = ReadonlyMap<string, string>;

export async function namesOf({ donors }: TabRoom, { devices }: Scenario): Promise<Names> {
  const names = new Map([["host", devices?.[0]?.name ?? HOST_NAME]]);
  for (const [i, page] of donors.entries()) {
    const peer = await page.evaluate(() => globalThis.jupiterDonor!.peer);
    names.set(peer, devices?.[i + 1]?.name ?? donorName(i));
  }
  return names;
}

export function measured({ finished, laps }: HarnessAnswer, places: ReadyRing["places"], names: Names): Measures {
  const seats = places.map(({ seat }) => names.get(seat) ?? seat);
  const spans = spansOf(laps, seats, names.get("host") ?? "host");
  const { timings, output } = finished;
  return measuresOf(
    { timings, newTokens: output.length },
    { spans, devices: [...names.values()], startMs: startOf(laps) },
  );
}

export function replayedParts(scenario: Scenario): RunReport["replayed"] {
  if (scenario.trace === undefined || scenario.shape === undefined) return [];
  return scenario.strategy === "plain" || recordedGuesses(scenario) === null ? ["answers"] : ["answers", "guesses"];
}

export async function report(
  room: TabRoom,
  scenario: Scenario,
  { host, places, head, plan }: ReadyRing,
  { laps, batches }: Pick<RunReport, "laps" | "batches">,
  names: Names,
): Promise<RunReport> {
  const devices = await room.host.evaluate(() => globalThis.jupiterHarness!.devices());
  const bytesSent: Record<string, Record<string, number>> = {
    host: await room.host.evaluate(() => globalThis.jupiterHarness!.sentBytes()),
  };
  for (const page of room.donors) {
    const donor = await page.evaluate(() => ({
      peer: globalThis.jupiterDonor!.peer,
      sent: globalThis.jupiterDonor!.sentBytes(),
    }));
    bytesSent[donor.peer] = donor.sent;
  }
  const name = (seat: string) => names.get(seat) ?? seat;
  return {
    source: scenario.devices?.some(({ time }) => time !== undefined) === true ? "emulated" : "real",
    replayed: replayedParts(scenario),
    scenario,
    head: name(head),
    plan: places.map(({ seat, layers }) => ({ seat, device: name(seat), ...layers })),
    prediction: plan?.predicted ?? null,
    pipe: plan?.pipe ?? null,
    devices,
    tabMemory: tabMemory(),
    host: { ...host, threads: scenario.threads },
    bytesSent,
    links: Object.entries(bytesSent).flatMap(([from, sent]) =>
      Object.entries(sent).map(([to, sizeBytes]) => ({ from: name(from), to: name(to), sizeBytes })),
    ),
    laps,
    batches,
    emulation: await emulatedTabs(room, names),
    versions: await room.host.evaluate(() => globalThis.jupiterHarness!.versions),
  };
}
