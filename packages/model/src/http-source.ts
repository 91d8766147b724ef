/** A file's bytes by range requests. A line that goes silent fails, so that whoever reads can try again. */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import { delay, type Wait } from "./wait.ts";

export interface HttpOptions {
  /** Between two looks at a silent line. For tests; default: the clock. */
  readonly wait?: Wait;
}

const STREAM_BYTES = 256 << 10;
/** Without a byte for so long a request is given up; slow lines pause for seconds, none for this. */
const STALL_MS = 20_000;
/** In several short waits: where this thread was busy for longer than `STALL_MS`, bytes that came meanwhile are seen before the next look. */
const LOOK_EVERY_MS = 5000;

/**
 * Range requests; a server that ignores ranges is refused ('range-refused'), as it would send the whole file for every layer. 'unreachable':
 * the server is in trouble, or sent nothing for 20 s. Otherwise reads reject as `fetch` does.
 */
export function httpByteSource(url: string, { wait = delay }: HttpOptions = {}): ByteSource {
  const readInto = (target: Uint8Array, offsetBytes: number, signal?: AbortSignal) =>
    unlessStalled(url, wait, signal, async (signal, heard) => {
      const response = await requestRange(url, offsetBytes, target.length, signal);
      heard();
      return response.body === null ? 0 : readStream(response.body, target, heard);
    });
  return {
    readInto,
    async read(offsetBytes, sizeBytes, signal) {
      const bytes = new Uint8Array(sizeBytes);
      const cameBytes = await readInto(bytes, offsetBytes, signal);
      if (cameBytes <= sizeBytes) return bytes.subarray(0, cameBytes);
      throw new ModelError("range-refused", `${url} sent more than the ${sizeBytes} bytes that it was asked for.`);
    },
  };
}

/** `request` calls `heard` whenever something came; its signal aborts with 'unreachable' when it has not for `STALL_MS`. */
async function unlessStalled<T>(
  url: string,
  wait: Wait,
  signal: AbortSignal | undefined,
  request: (signal: AbortSignal, heard: () => void) => Promise<T>,
): Promise<T> {
  const [stalled, done] = [new AbortController(), new AbortController()];
  let silentMs = 0;
  const watch = async () => {
    for (; silentMs < STALL_MS; silentMs += LOOK_EVERY_MS) await wait(LOOK_EVERY_MS, done.signal);
    const text = `${url} sent nothing for ${STALL_MS / 1000} s; check the connection and load again.`;
    stalled.abort(new ModelError("unreachable", text));
  };
  watch().catch(() => undefined); // the wait's end, as the request is done
  try {
    const signals = signal === undefined ? [stalled.signal] : [signal, stalled.signal];
    // Counted from -LOOK_EVERY_MS: the wait that is under way when something comes is none of silence alone.
    return await request(AbortSignal.any(signals), () => (silentMs = -LOOK_EVERY_MS));
  } catch (error) {
    stalled.signal.throwIfAborted(); // not every browser passes the reason on
    throw error;
  } finally {
    done.abort();
  }
}

async function requestRange(
  url: string,
  offsetBytes: number,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { Range: `bytes=${offsetBytes}-${offsetBytes + sizeBytes - 1}` };
  const response = await fetch(url, { headers, signal });
  if (response.status === 206) return response;
  await response.body?.cancel();
  if (response.status >= 500 || response.status === 429) {
    throw new ModelError("unreachable", `${url} answered ${response.status}; try again in a while.`);
  }
  throw new ModelError(
    "range-refused",
    `${url} answered ${response.status} to a byte range; serve it with ranges (206).`,
  );
}

/** Resolves to the number of bytes that came; more than `target` holds are left where they are, and the caller refuses them. */
async function readStream(body: Body, target: Uint8Array, heard: () => void): Promise<number> {
  const reader = pieceReader(body, Math.min(STREAM_BYTES, Math.max(1, target.length)));
  for (let at = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return at;
    heard();
    if (at + value.length > target.length) {
      await reader.cancel();
      return at + value.length;
    }
    target.set(value, at);
    at += value.length;
  }
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;
type PieceReader = Pick<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>, "read" | "cancel">;

/** One small buffer goes to and fro where the browser can: a gigabyte that passes leaves no gigabyte of garbage behind. A piece is valid until the next. */
function pieceReader(body: Body, sizeBytes: number): PieceReader {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    return body.getReader(); // Safari's responses were no byte streams for long
  }
  let buffer = new ArrayBuffer(sizeBytes);
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) return { done, value: undefined };
      buffer = value.buffer;
      return { done, value };
    },
    cancel: () => reader.cancel(),
  };
}
