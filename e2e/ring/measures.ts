/** What is said of every answer alike, whether tabs or the simulator gave it. */
import type { LapEvent, Timings } from "@jupiter/pipeline";
import { busyShare, type Span } from "@jupiter/simulator";

/** Where the figures of a report come from. */
export type Source = "real" | "emulated" | "replayed" | "simulated";

export interface Measures {
  readonly prefillMsPerToken: number;
  /** Null: the answer had one token. */
  readonly decodeMsPerToken: number | null;
  /** Share of the time that each device computed, 0 to 1: from the first frame to the first token, and from there to the last. */
  readonly busy: readonly { readonly device: string; readonly prefill: number; readonly decode: number }[];
  /** Who computed what when; the first frame left the host at 0. */
  readonly spans: readonly Span[];
}

export interface Timed {
  readonly timings: Timings;
  readonly newTokens: number;
}

export interface Course {
  readonly spans: readonly Span[];
  /** Device names, the host first. */
  readonly devices: readonly string[];
  /** Of the first frame; spans are on the same clock. */
  readonly startMs: number;
}

export function measuresOf({ timings, newTokens }: Timed, { spans, devices, startMs }: Course): Measures {
  const { promptTokens, reusedTokens, prefillMs, decodeMs } = timings;
  const own = spans.map((span) => ({ ...span, startMs: span.startMs - startMs, endMs: span.endMs - startMs }));
  return {
    prefillMsPerToken: prefillMs / Math.max(1, promptTokens - reusedTokens),
    decodeMsPerToken: newTokens > 1 ? decodeMs / (newTokens - 1) : null,
    busy: devices.map((device) => ({
      device,
      prefill: busyShare(own, device, 0, prefillMs),
      decode: busyShare(own, device, prefillMs, prefillMs + decodeMs),
    })),
    spans: own,
  };
}

/** Answers that were asked for at once. */
export interface Batch {
  readonly ids: readonly string[];
  /** Of a token, whoever's it is, from when every answer has begun to the last one's end. Null: none came after that. */
  readonly msPerToken: number | null;
}

/** Of the tokens that came within it of each other, one verdict told, whatever clocks say. */
const ONE_VERDICT_MS = 4;

/** `came`: in any order; every answer has at least one. */
export function batchOf(came: readonly { readonly id: string; readonly atMs: number }[]): Batch {
  const ids = [...new Set(came.map(({ id }) => id))];
  const firstMs = (id: string) => Math.min(...came.flatMap((token) => (token.id === id ? [token.atMs] : [])));
  const begunMs = Math.max(...ids.map(firstMs));
  const after = came.filter(({ atMs }) => atMs > begunMs + ONE_VERDICT_MS).length;
  const lastMs = Math.max(...came.map(({ atMs }) => atMs));
  return { ids, msPerToken: after === 0 ? null : (lastMs - begunMs) / after };
}

/** Of what is asked one after the other, that which is put at once. */
export function inBatches<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** A lap and when the host told of it, on the host's clock. */
export type TimedLap = LapEvent & { readonly atMs: number };

/** When the first frame of an answer left, on the clock of its laps. */
export function startOf(laps: readonly TimedLap[]): number {
  return Math.min(...laps.map(({ atMs, headMs, lapMs }) => atMs - headMs - lapMs));
}

/**
 * When stages computed, as far as laps tell: clocks of devices do not agree, so what is neither computing nor waiting is spread evenly over the hops.
 * `places`: device of each stage.
 */
export function spansOf(laps: readonly TimedLap[], places: readonly string[], host: string): Span[] {
  return laps.flatMap((lap) => {
    const { atMs, lapMs, headMs, headAt, stageTimes, rows, cached } = lap;
    const label = rows === 1 ? `row ${cached}` : `rows ${cached} to ${cached + rows - 1}`;
    const backMs = atMs - headMs;
    const withinMs = stageTimes.reduce((sum, { computeUs, queueUs }) => sum + (computeUs + queueUs) / 1000, 0);
    const hopMs = Math.max(0, lapMs - withinMs) / (stageTimes.length + 1);
    let nowMs = backMs - lapMs;
    const spans = stageTimes.flatMap(({ stage, computeUs, queueUs }): Span[] => {
      const startMs = nowMs + hopMs + queueUs / 1000;
      const endMs = (nowMs = startMs + computeUs / 1000);
      return computeUs === 0 ? [] : [{ device: places[stage] ?? "?", label, startMs, endMs }];
    });
    if (headMs === 0) return spans;
    // Before the last hop, where the last stage has it.
    const head =
      headAt === "last"
        ? { device: places.at(-1) ?? "?", startMs: nowMs, endMs: nowMs + headMs }
        : { device: host, startMs: backMs, endMs: atMs };
    return [...spans, { ...head, label: "head" }];
  });
}
