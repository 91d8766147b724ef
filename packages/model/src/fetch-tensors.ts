/** Fetches the bytes of chosen tensors in few requests, counts them, tries again where a request fails, and checks what came. */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import { sha256Of } from "./hash.ts";
import { readKept, type KeptBytes } from "./read-kept.ts";
import type { TensorEntry } from "./shape.ts";
import type { TensorStore } from "./tensor-store.ts";
import type { Wait } from "./wait.ts";

/** Neighbours are fetched together even across bytes that nobody wants, as long as those stay few. */
const MAX_GAP_BYTES = 64 << 10;
const MAX_OVERHEAD = 0.02;
/** Small enough for a progress bar that moves and for a cheap second try; large enough that the round trip hardly counts. */
const PART_BYTES = 2 << 20;
const IN_FLIGHT = 3;
const RETRY_AFTER_MS = [500, 1500, 4500];
/** Then, of a source that may be away for longer. */
const RETRY_EVERY_MS = 5000;
/** One failed try is nothing to speak of; two in a row are. */
const AWAY_AFTER_TRIES = 2;

export interface Span {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** `fetchedBytes` more came over the line, a failed try's included; `loadedBytes` of them are there to stay. */
  readonly onBytes: (fetchedBytes: number, loadedBytes: number) => void;
  /** The source does not answer, and is tried again until it does; the next bytes say that it does. */
  readonly onAway?: () => void;
  /** Before another try. */
  readonly wait: Wait;
  /** Memory for the bytes; default: new. */
  readonly allocate?: (sizeBytes: number) => Uint8Array<ArrayBuffer>;
  /** Asked before the source, and given what was fetched; only tensors with a SHA-256 can be kept. */
  readonly store?: TensorStore;
}

/**
 * Resolves to the same file with only these tensors in it, in memory. Rejects with the signal's reason when aborted, else with a ModelError:
 * 'unreachable' or 'truncated' when three more tries did not help (`unreachable` of a source with patience: when that is over), 'range-refused'
 * at once, 'checksum' when bytes are not the catalogue's.
 */
export async function fetchTensors(
  source: ByteSource,
  tensors: readonly TensorEntry[],
  options: FetchOptions,
): Promise<ByteSource> {
  const { allocate = (sizeBytes: number) => new Uint8Array(sizeBytes), store, signal } = options;
  const fileOf = (spans: readonly KeptBytes[]): ByteSource => ({
    read: (offsetBytes, sizeBytes) => Promise.resolve(view(spans, offsetBytes, sizeBytes)),
  });
  if (store === undefined) return fileOf(await fetchMissing(source, tensors, allocate, options));
  const find = async (wanted: readonly TensorEntry[]) => {
    signal.throwIfAborted();
    const found = await readKept(store, wanted, allocate);
    for (const { sizeBytes } of found.kept) options.onBytes(0, sizeBytes);
    return found;
  };
  const { kept, missing } = await find(tensors);
  if (missing.length === 0) return fileOf(kept);
  const hashes = missing.flatMap(({ sha256 }) => sha256 ?? []);
  return store.exclusively(hashes, signal, async () => {
    // Another tab may have fetched them while this one waited.
    const again = await find(missing);
    return fileOf([...kept, ...again.kept, ...(await fetchMissing(source, again.missing, allocate, options))]);
  });
}

/** From the source, checked, and into the store. */
async function fetchMissing(
  source: ByteSource,
  missing: readonly TensorEntry[],
  allocate: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
  options: FetchOptions,
): Promise<readonly KeptBytes[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const spans = coalesce(missing).map((span) => ({ ...span, bytes: allocate(span.sizeBytes) }));
  const parts = spans.flatMap(({ offsetBytes, sizeBytes, bytes }) =>
    Array.from({ length: Math.ceil(sizeBytes / PART_BYTES) }, (_, i) => ({
      offsetBytes: offsetBytes + i * PART_BYTES,
      to: bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES),
    })),
  );
  const queue = parts.values();
  const lane = async () => {
    // The lanes share one iterator: each takes the next part when it is done with its last.
    for (const { offsetBytes, to } of queue) await readPart(source, offsetBytes, to, { ...options, signal });
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
  for (const entry of missing) {
    options.signal.throwIfAborted();
    if (entry.sha256 === null) continue;
    const bytes = view(spans, entry.offsetBytes, entry.sizeBytes);
    const came = await sha256Of(bytes);
    if (came !== entry.sha256) throw wrongChecksum(entry.name, came, entry.sha256);
    await options.store?.write(entry.sha256, bytes);
  }
  return spans;
}

/** The stretches of the file to fetch for these tensors, rising. Small gaps are fetched along, smallest first, while they cost under 2 %. */
export function coalesce(tensors: readonly Span[]): Span[] {
  const sorted = [...tensors].sort((a, b) => a.offsetBytes - b.offsetBytes);
  const wantedBytes = sorted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const joined = new Set<Span>();
  let overheadBytes = 0;
  for (const { span, gapBytes } of withGaps(sorted).sort((a, b) => a.gapBytes - b.gapBytes)) {
    overheadBytes += gapBytes;
    if (gapBytes >= MAX_GAP_BYTES || overheadBytes > wantedBytes * MAX_OVERHEAD) break;
    joined.add(span);
  }
  const spans: Span[] = [];
  for (const span of sorted) {
    const last = joined.has(span) ? spans.pop() : undefined;
    const offsetBytes = last?.offsetBytes ?? span.offsetBytes;
    spans.push({ offsetBytes, sizeBytes: Math.max(endOf(span), last === undefined ? 0 : endOf(last)) - offsetBytes });
  }
  return spans;
}

/** Each span but the first, with the bytes between it and all that lies before; 0 where they touch or overlap. */
function withGaps(sorted: readonly Span[]): { readonly span: Span; readonly gapBytes: number }[] {
  let reach = 0;
  return sorted
    .map((span) => {
      const gapBytes = Math.max(0, span.offsetBytes - reach);
      reach = Math.max(reach, endOf(span));
      return { span, gapBytes };
    })
    .slice(1);
}

function endOf({ offsetBytes, sizeBytes }: Span): number {
  return offsetBytes + sizeBytes;
}

/** What came before a source went away is not asked for again. */
async function readPart(source: ByteSource, offsetBytes: number, to: Uint8Array, options: FetchOptions): Promise<void> {
  const { signal, onBytes, onAway, wait } = options;
  let [hereBytes, tries, waitedMs] = [0, 0, 0];
  for (;;) {
    signal.throwIfAborted();
    const rest = to.subarray(hereBytes);
    let streamedBytes = 0;
    try {
      const cameBytes = await readTo(
        source,
        offsetBytes + hereBytes,
        rest,
        signal,
        (sizeBytes) => (streamedBytes = sizeBytes),
      );
      onBytes(cameBytes, cameBytes === rest.length ? rest.length : 0);
      if (cameBytes === rest.length) return;
      throw new ModelError(
        "truncated",
        `Asked for ${rest.length} bytes from ${offsetBytes + hereBytes} on, ${cameBytes} came; the file at its source is not whole, fetch it again.`,
      );
    } catch (cause) {
      signal.throwIfAborted();
      const known = cause instanceof ModelError ? cause : null;
      if (known?.reason !== "truncated" && streamedBytes > 0) {
        onBytes(streamedBytes, streamedBytes);
        hereBytes += streamedBytes;
        [tries, waitedMs] = [0, 0];
      }
      const isAway = known === null || known.reason === "unreachable";
      const isPatient = isAway && waitedMs < (source.patienceMs ?? 0);
      const delayMs = RETRY_AFTER_MS[tries] ?? (isPatient ? RETRY_EVERY_MS : undefined);
      tries++;
      if (delayMs === undefined || known?.reason === "range-refused") {
        const text = `after ${tries} tries (${String(cause)}); check the connection and load again.`;
        throw known ?? new ModelError("unreachable", `Weights could not be fetched ${text}`, { cause });
      }
      if (isAway && tries >= AWAY_AFTER_TRIES) onAway?.();
      await wait(delayMs, signal);
      waitedMs += delayMs;
    }
  }
}

async function readTo(
  source: ByteSource,
  offsetBytes: number,
  to: Uint8Array,
  signal: AbortSignal,
  came: (sizeBytes: number) => void,
): Promise<number> {
  if (source.readInto !== undefined) return source.readInto(to, offsetBytes, signal, came);
  const bytes = await source.read(offsetBytes, to.length, signal);
  if (bytes.length === to.length) to.set(bytes);
  return bytes.length;
}

function view(spans: readonly KeptBytes[], offsetBytes: number, sizeBytes: number) {
  const span = spans.find((s) => s.offsetBytes <= offsetBytes && offsetBytes + sizeBytes <= endOf(s));
  if (span === undefined) throw new RangeError(`bytes ${offsetBytes} to ${offsetBytes + sizeBytes} were not fetched`);
  return span.bytes.subarray(offsetBytes - span.offsetBytes, offsetBytes - span.offsetBytes + sizeBytes);
}

/** People compare the first digits, if any. */
const start = (digest: string) => `${digest.slice(0, 12)}…`;

function wrongChecksum(name: string, came: string, sha256: string): ModelError {
  return new ModelError(
    "checksum",
    `Tensor ${name} has SHA-256 ${start(came)}, the catalogue says ${start(sha256)}: the file at its source is damaged, or not the one that was chosen.`,
  );
}
