/** What this device was measured to take, kept so that a second start measures nothing. Pure but for its shelf. */
import type { ModelShape } from "@jupiter/model";
import type { Rung } from "@jupiter/runtime/ladder";
import type { DeviceTimes } from "./api.ts";

/** One text, in this browser. */
export interface TimesShelf {
  read(): string | null;
  /** May do nothing where the browser refuses. */
  write(text: string): void;
}

/** As the page's side of the engine measured it. */
export interface MeasuredDevice extends DeviceTimes {
  /** A message from the page to the worker and back: activations go this way at both ends of a link. */
  readonly handoverMs: number;
  /** Now, not at an earlier start. */
  readonly isAnew: boolean;
  /** Layers' bytes in the file that it took in a millisecond when it loaded some last: fetched or read, unpacked and placed. */
  readonly loadBytesPerMs?: number;
}

interface Entry {
  readonly key: string;
  readonly atMs: number;
  readonly times: MeasuredDevice;
}

/** Browsers and drivers are updated, batteries age. */
const HOLDS_MS = 7 * 24 * 3_600_000;
/** Models that one device is measured for. */
const MOST = 12;

/** What times depend on besides the device: `versions` of the page and what it is built on. */
export function timesKey(
  { D, F, H, K, E, V, contextLength }: ModelShape,
  { name, maxRows }: Rung,
  threads: number,
  versions: string,
): string {
  return JSON.stringify([D, F, H, K, E, V, contextLength, name, maxRows, threads, versions]);
}

export class KeptTimes {
  readonly #shelf: TimesShelf;
  /** Since 1970: it must hold over restarts. */
  readonly #nowMs: () => number;

  constructor(shelf: TimesShelf, nowMs: () => number) {
    this.#shelf = shelf;
    this.#nowMs = nowMs;
  }

  /** Null: it was not measured, or too long ago. */
  get(key: string): MeasuredDevice | null {
    const entry = this.#fresh().find(({ key: kept }) => kept === key);
    return entry === undefined ? null : { ...entry.times, isAnew: false };
  }

  /** In place of what was kept of it, but for what was noted beside it. */
  keep(key: string, times: MeasuredDevice): void {
    const others = this.#fresh().filter((entry) => entry.key !== key);
    const rate = this.get(key)?.loadBytesPerMs;
    const kept = { ...(rate === undefined ? {} : { loadBytesPerMs: rate }), ...times };
    this.#shelf.write(JSON.stringify([{ key, atMs: this.#nowMs(), times: kept }, ...others].slice(0, MOST)));
  }

  /** With what is kept already; nothing where nothing is. It is no older for it. */
  note(key: string, more: Pick<MeasuredDevice, "loadBytesPerMs">): void {
    const noted = this.#fresh().map((entry) =>
      entry.key === key ? { ...entry, times: { ...entry.times, ...more } } : entry,
    );
    this.#shelf.write(JSON.stringify(noted));
  }

  #fresh(): readonly Entry[] {
    const nowMs = this.#nowMs();
    return this.#entries().filter(({ atMs }) => atMs <= nowMs && nowMs - atMs < HOLDS_MS);
  }

  #entries(): readonly Entry[] {
    try {
      const kept: unknown = JSON.parse(this.#shelf.read() ?? "[]");
      return Array.isArray(kept) ? kept.filter(isEntry) : [];
    } catch {
      return [];
    }
  }
}

/** Written by this page alone: what could be amiss is an earlier page's form. */
function isEntry(kept: unknown): kept is Entry {
  const { key, atMs, times } = (kept ?? {}) as Partial<Entry>;
  const { layerTimes, headTimes, frameMs, handoverMs, loadBytesPerMs = 1 } = (times ?? {}) as Partial<MeasuredDevice>;
  const areTimes = (list: unknown) => Array.isArray(list) && list.every((time: { ms?: unknown }) => isTime(time.ms));
  return (
    typeof key === "string" &&
    isTime(atMs) &&
    isTime(frameMs) &&
    isTime(handoverMs) &&
    isTime(loadBytesPerMs) &&
    areTimes(layerTimes) &&
    areTimes(headTimes)
  );
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}
