/** Devices and what they are doing. */
import type { Backend } from "@jupiter/protocol";
import type { Phase } from "../../engine/api.ts";
import type { Device } from "../../session/donor-proxy.ts";
import { units } from "./units.ts";

const phases: Readonly<Record<Phase, string>> = {
  checking: "Checking its arithmetic",
  fetching: "Fetching layers",
  waiting: "Waiting for the server, which does not answer",
  unpacking: "Unpacking layers",
  building: "Building layers",
  linking: "Linking",
};

const states: Readonly<Record<Exclude<Device["state"]["kind"], "loading">, string>> = {
  connecting: "Connecting",
  idle: "Waiting",
  ready: "Ready",
  serving: "In the ring",
  failed: "Failed",
};

const backends: Readonly<Record<Backend, string>> = { webgpu: "WebGPU", wasm: "processor (wasm)" };

export const devices = {
  phases,
  loading: "Loading",
  states,
  backends,
  thisDevice: "This device",
  someDevice: "A device",
  nameLength: (length: number, most: number) => `${length} of at most ${most} characters`,
  hosts: "Host",
  /** Of a device's layers among all, counted from 1, both ends included. */
  span(first: number, end: number, of: number | null): string {
    const span = end - first === 1 ? `Layer ${end}` : `Layers ${first + 1}–${end}`;
    return of === null ? span : `${span} of ${of}`;
  },
  /** The card's main line. */
  part(layers: number, of: number | null, lapMs: number | null): string {
    const share = of === null ? units.layers(layers) : `${layers} of ${units.layers(of)}`;
    return lapMs === null ? share : `${share}, ${units.milliseconds(lapMs)} a lap`;
  },
  /** Of the host: what turns words into numbers and back. */
  words: "words in, words out",
  wordsTime: (headMs: number) => `words in, words out: ${units.milliseconds(headMs)}`,
  /** The same where the last device finds the words. */
  wordsIn: "words in",
  wordsOut: "words out: it can read the answers",
  wordsOutTime: (headMs: number) => `words out: ${units.milliseconds(headMs)}; it can read the answers`,
  link: (roundTripMs: number) => `link ${units.milliseconds(roundTripMs)}`,
  /** There and back, and what it carries towards the device. */
  linkMeasured: (roundTripMs: number, bytesPerMs: number) =>
    `link ${units.milliseconds(roundTripMs)}, ${units.bitRate(bytesPerMs)}`,
  linkGuessed: "its link did not answer a measurement, so its speed is a guess",
  /** Null: about as fast as it was. */
  drift(factor: number): string | null {
    if (factor >= 1.25) return `now ${factor.toFixed(1)} times slower than measured`;
    return factor <= 0.8 ? `now ${(1 / factor).toFixed(1)} times faster than measured` : null;
  },
  fitError: (share: number) => `timed to within ${Math.max(1, Math.round(100 * share))} %`,
  fetched: (bytes: number) => `fetched ${units.bytes(bytes)}`,
  holds: (bytes: number) => `holds ${units.bytes(bytes)}`,
  lends: (bytes: number) => `lends up to ${units.bytes(bytes)}`,
  leftOut: "left out: the ring is faster without it; it is taken in when it helps",
  joinsNext: "joins when the ring starts again",
  isLoading: (name: string) => `${name} is loading`,
  fallbacks: (names: readonly string[]) =>
    `${names.join(" and ")} computed wrong numbers or none here; it uses what passed the test.`,
  slowBackend: "No graphics processor that works: it computes on its processor, several times slower.",
};
