/** What a link carries, both ways, as the end that asks finds out: a few echoes, then bursts that grow until their time says something. */
import { decodeFrame, encodeFrame, LIMITS, type LinkMeasure, type ProbeFrame, type ProbeStep } from "@jupiter/protocol";
import { TransportError } from "./errors.ts";
import { rateOf, roundTrips, type Burst } from "./link-estimate.ts";
import type { PeerLink } from "./peer-link.ts";

export interface MeasureOptions {
  readonly nowMs: () => number;
  /** Before each echo: as long as devices rest between two frames of a ring, since whoever sleeps wakes late. */
  readonly rest: () => Promise<void>;
  /** What is not there when it aborts is given up. */
  readonly signal?: AbortSignal;
}

const NOTHING = new Uint8Array();
/** The first one opens paths and is not counted. */
const ECHOES = 8;
const FEWEST_ECHOES = 4;
/** Of all echoes; a far link gives fewer. */
const ECHOES_MS = 100;
/** Of each part of a burst, those that follow it. The first part's way is not timed. */
const LEFT = [3, 2, 1, 0];
const FILLS = LEFT.length;
/** Of a part, in turn; 32 KB is a frame of a few rows, and the longest are repeated. */
const FILL_BYTES = [2, 8, 32, 32, 32].map((kib) => kib << 10);
/** A burst that took so long says enough. */
const LONG_MS = 30;
/** No further burst begins after so long. */
const BURSTS_MS = 150;

/**
 * The other end has `answerProbes`. Takes some ten round trips and at most 0.43 MB each way; on a link of 1 Mbit/s the first burst's 8 KB. Rejects
 * `TransportError` 'closed' | 'aborted' | 'bad-slice' (an answer that makes no sense).
 */
export async function measureLink(link: PeerLink, { nowMs, rest, signal }: MeasureOptions): Promise<LinkMeasure> {
  const asking = new Asking(link, signal);
  const startMs = nowMs();
  const trips: number[] = [];
  for (let i = 0; i < ECHOES; i++) {
    await rest();
    const sentMs = nowMs();
    await asking.ask("ping", "pong", i);
    if (i > 0) trips.push(nowMs() - sentMs);
    if (trips.length >= FEWEST_ECHOES && nowMs() - startMs > ECHOES_MS) break;
  }
  const out = await bursts(nowMs, async (number, fillBytes) => {
    const fill = new Uint8Array(fillBytes);
    const before = LEFT.slice(0, -1).map((left) => asking.send("fill", number, left, fill));
    const [{ value }] = await Promise.all([asking.ask("fill", "arrived", number, 0, fill), ...before]);
    return value / 1000;
  });
  const back = await bursts(nowMs, async (number, fillBytes) => {
    let firstMs = NaN;
    await asking.ask("want", "fill", number, fillBytes, NOTHING, ({ value }) => {
      if (Number.isNaN(firstMs)) firstMs = nowMs();
      return value === 0;
    });
    return nowMs() - firstMs;
  });
  const { medianMs, spreadMs } = roundTrips(trips);
  return { rttMs: medianMs, rttSpreadMs: spreadMs, bytesPerMs: rateOf(out), backBytesPerMs: rateOf(back) };
}

async function bursts(nowMs: () => number, burst: (number: number, fillBytes: number) => Promise<number>) {
  const startMs = nowMs();
  const seen: Burst[] = [];
  for (const [number, fillBytes] of FILL_BYTES.entries()) {
    const ms = await burst(number, fillBytes);
    seen.push({ sizeBytes: (FILLS - 1) * fillBytes, ms });
    const isLast = fillBytes === FILL_BYTES.at(-1);
    if (nowMs() - startMs > BURSTS_MS || (ms > LONG_MS && !isLast)) break;
  }
  return seen;
}

/** The other end of `measureLink`. A peer that asks for more than a measurement, or for what makes no sense, loses the link. */
export function answerProbes(link: PeerLink, nowMs: () => number): void {
  let messages = 0;
  let totalBytes = 0;
  let burst: { readonly number: number; readonly firstMs: number } | null = null;
  const answer = async ({ step, number, value, bytes }: ProbeFrame): Promise<void> => {
    totalBytes += step === "want" ? FILLS * value : bytes.length;
    if (++messages > LIMITS.probeMessages || totalBytes > LIMITS.probeTotalBytes) return link.close();
    switch (step) {
      case "ping":
        return send(link, "pong", number);
      case "fill": {
        if (burst?.number !== number) burst = { number, firstMs: nowMs() };
        if (value > 0) return;
        const us = Math.round((nowMs() - burst.firstMs) * 1000);
        burst = null;
        return send(link, "arrived", number, Math.min(us, 0xffff_ffff));
      }
      case "want":
        await Promise.all(LEFT.map((left) => send(link, "fill", number, left, new Uint8Array(value))));
        return;
      case "pong":
      case "arrived":
        return link.close();
      default:
        step satisfies never;
    }
  };
  link.events.on("message", (message) => {
    const frame = probeOf(message);
    // Whoever measures notices a link that is gone.
    if (frame === null) void link.close();
    else answer(frame).catch(() => undefined);
  });
}

/** One question at a time. */
class Asking {
  readonly #link: PeerLink;
  readonly #signal: AbortSignal | undefined;
  #heard: ((frame: ProbeFrame) => void) | null = null;
  #failed: ((error: TransportError) => void) | null = null;
  #error: TransportError | null = null;

  constructor(link: PeerLink, signal: AbortSignal | undefined) {
    this.#link = link;
    this.#signal = signal;
    link.events.on("message", (message) => {
      const frame = probeOf(message);
      if (frame !== null) this.#heard?.(frame);
      else
        this.#fail(new TransportError("bad-slice", "the other end of a probed link sent something else than probes"));
    });
    link.events.on("close", ({ message }) => this.#fail(new TransportError("closed", message)));
    const abort = () =>
      this.#fail(new TransportError("aborted", "the measurement was given up", { cause: signal?.reason }));
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
  }

  async send(step: ProbeStep, number: number, value: number, bytes: Uint8Array): Promise<void> {
    if (this.#error !== null) throw this.#error;
    await send(this.#link, step, number, value, bytes, this.#signal);
  }

  /** Resolves with the answer for which `isLast` says so. */
  async ask(
    step: ProbeStep,
    answer: ProbeStep,
    number: number,
    value = 0,
    bytes = NOTHING,
    isLast: (frame: ProbeFrame) => boolean = () => true,
  ): Promise<ProbeFrame> {
    const answered = new Promise<ProbeFrame>((resolve, reject) => {
      this.#failed = reject;
      this.#heard = (frame) => {
        if (frame.step === answer && frame.number === number && isLast(frame)) resolve(frame);
      };
    });
    answered.catch(() => undefined);
    await this.send(step, number, value, bytes);
    return answered;
  }

  #fail(error: TransportError): void {
    this.#error ??= error;
    this.#failed?.(this.#error);
  }
}

function send(
  link: PeerLink,
  step: ProbeStep,
  number: number,
  value = 0,
  bytes: Uint8Array = NOTHING,
  signal?: AbortSignal,
): Promise<void> {
  const frame = encodeFrame({ kind: "probe", step, number, value, bytes });
  return link.send(frame, signal === undefined ? {} : { signal });
}

/** Null: it is no probe. */
function probeOf(message: Uint8Array): ProbeFrame | null {
  try {
    const frame = decodeFrame(message);
    return frame.kind === "probe" ? frame : null;
  } catch {
    return null;
  }
}
