/** What this device takes: as its worker finds out, or as it found out lately. */
import type { ModelShape } from "@jupiter/model";
import type { Served } from "@jupiter/planner";
import type { Rung } from "@jupiter/runtime/ladder";
import type { Remote } from "comlink";
import type { EngineApi, LoadedLayers, Outcome, ProfileWish } from "./api.ts";
import { timesKey, type KeptTimes, type MeasuredDevice } from "./kept-times.ts";

export interface MeasureDeviceOptions {
  readonly api: Pick<Remote<EngineApi>, "profile" | "stats">;
  /** Null: nothing is kept, as of an emulated device. */
  readonly kept: KeptTimes | null;
  readonly threads: number;
  readonly nowMs: () => number;
}

const HANDOVERS = 9;
const REST_MS = 5;

/** What is kept and holds all that is wished for is not measured again. */
export async function measureDevice(
  { api, kept, threads, nowMs }: MeasureDeviceOptions,
  shape: ModelShape,
  rung: Rung,
  wish: ProfileWish,
): Promise<Outcome<MeasuredDevice>> {
  const key = keyOf(shape, rung, threads);
  const known = kept?.get(key) ?? null;
  const missing: ProfileWish = {
    layers: wish.layers && (known === null || known.layerTimes.length === 0),
    head: wish.head && (known === null || known.headTimes.length === 0),
  };
  if (known !== null && !missing.layers && !missing.head) return { ok: true, value: known };
  const found = await api.profile(shape, rung, missing);
  if (!found.ok) return found;
  const { layerTimes, frameMs, headTimes } = found.value;
  const value: MeasuredDevice = {
    ...(missing.layers || known === null
      ? { layerTimes, frameMs }
      : { layerTimes: known.layerTimes, frameMs: known.frameMs }),
    headTimes: missing.head || known === null ? headTimes : known.headTimes,
    isAnew: true,
    handoverMs: await handoverMs(api, nowMs),
  };
  kept?.keep(key, value);
  return { ok: true, value };
}

/** Of the host: as it answered alone, or as it was measured. */
export function knownTimes(kept: KeptTimes, threads: number, shape: ModelShape, rung: Rung): Served | null {
  const key = keyOf(shape, rung, threads);
  const known = kept.get(servedKey(key)) ?? kept.get(key);
  const headMs = known?.headTimes[0]?.ms;
  if (known === null || headMs === undefined || known.layerTimes.length === 0) return null;
  return { layers: [{ seat: "host", times: known.layerTimes }], headMs, rest: { floorMs: known.frameMs, rowMs: 0 } };
}

/** Apart from what was measured: it knows of fewer sizes, and not what a frame takes however many layers it passes. */
export function keepServed(kept: KeptTimes, threads: number, shape: ModelShape, rung: Rung, served: Served): void {
  const layerTimes = served.layers.find(({ seat }) => seat === "host")?.times ?? [];
  const headTimes = [{ rows: 1, ms: served.headMs }];
  const times = { layerTimes, headTimes, frameMs: served.rest.floorMs, handoverMs: 0, isAnew: true };
  kept.keep(servedKey(keyOf(shape, rung, threads)), times);
}

/** Less says more of how a load begins than of its pace. */
const LEAST_LOADED_BYTES = 4 << 20;

/** Beside the times that are kept of this model. */
export function keepLoad(
  kept: KeptTimes,
  threads: number,
  shape: ModelShape,
  rung: Rung,
  { bytes, ms }: LoadedLayers["loaded"],
): void {
  if (bytes < LEAST_LOADED_BYTES || ms <= 0) return;
  const key = keyOf(shape, rung, threads);
  for (const each of [key, servedKey(key)]) kept.note(each, { loadBytesPerMs: bytes / ms });
}

/** Of layers' bytes in the file; null: not known. */
export function loadRate(kept: KeptTimes, threads: number, shape: ModelShape, rung: Rung): number | null {
  const key = keyOf(shape, rung, threads);
  return kept.get(key)?.loadBytesPerMs ?? kept.get(servedKey(key))?.loadBytesPerMs ?? null;
}

function keyOf(shape: ModelShape, rung: Rung, threads: number): string {
  return timesKey(shape, rung, threads, JSON.stringify([JUPITER_VERSIONS, navigator.userAgent]));
}

function servedKey(key: string): string {
  return `${key} served`;
}

/** Median of a few, the first ones' code being cold. */
async function handoverMs(api: Pick<Remote<EngineApi>, "stats">, nowMs: () => number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < HANDOVERS; i++) {
    // As between two frames of a ring: whoever sleeps wakes late.
    await new Promise((resolve) => void setTimeout(resolve, REST_MS));
    const startMs = nowMs();
    await api.stats();
    times.push(nowMs() - startMs);
  }
  return times.slice(2).sort((a, b) => a - b)[(HANDOVERS - 2) >> 1] ?? 0;
}
