/** A file's bytes by range requests. */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import { unlessStalled } from "./stall.ts";
import { delay, type Wait } from "./wait.ts";

export interface HttpOptions {
  /** Between two looks at a silent line. For tests; default: the clock. */
  readonly wait?: Wait;
}

/** A server that was restarted or moved, or a router that was: longer, and nobody believes that it comes back. */
const PATIENCE_MS = 180_000;
const STREAM_BYTES = 256 << 10;

/**
 * Range requests; a server that ignores ranges is refused ('range-refused'), as it would send the whole file for every layer. 'unreachable':
 * the server is in trouble, or sent nothing for 20 s. Otherwise reads reject as `fetch` does.
 */
export function httpByteSource(url: string, { wait = delay }: HttpOptions = {}): ByteSource {
  const readWith = (
    cache: RequestCache,
    target: Uint8Array,
    offsetBytes: number,
    signal?: AbortSignal,
    came: (sizeBytes: number) => void = () => undefined,
  ) =>
    unlessStalled(url, wait, signal, async (signal, heard) => {
      const response = await requestRange(url, offsetBytes, target.length, cache, signal);
      heard();
      const hear = (sizeBytes: number) => {
        heard();
        came(sizeBytes);
      };
      return response.body === null ? 0 : readStream(response.body, target, hear);
    });
  return {
    patienceMs: PATIENCE_MS,
    // Weights have a store of their own. Chromium's cache would keep them a second time, and, asked for ranges of one file side by side, breaks
    // off requests and makes them anew: 8 to 15 % more came than was wanted.
    readInto: (target, offsetBytes, signal, came) => readWith("no-store", target, offsetBytes, signal, came),
    async read(offsetBytes, sizeBytes, signal) {
      const bytes = new Uint8Array(sizeBytes);
      const cameBytes = await readWith("default", bytes, offsetBytes, signal);
      if (cameBytes <= sizeBytes) return bytes.subarray(0, cameBytes);
      throw new ModelError("range-refused", `${url} sent more than the ${sizeBytes} bytes that it was asked for.`);
    },
  };
}

async function requestRange(
  url: string,
  offsetBytes: number,
  sizeBytes: number,
  cache: RequestCache,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { Range: `bytes=${offsetBytes}-${offsetBytes + sizeBytes - 1}` };
  const response = await fetch(url, { headers, cache, signal });
  // Other sites may hide where their bytes begin.
  const first = /^bytes (\d+)-/.exec(response.headers.get("Content-Range") ?? "")?.[1];
  if (response.status === 206 && (first === undefined || Number(first) === offsetBytes)) return response;
  await response.body?.cancel();
  if (response.status === 206)
    throw new ModelError(
      "range-refused",
      `${url} sent bytes from ${first} on instead of ${offsetBytes}; use another address.`,
    );
  if (response.status >= 500 || response.status === 429) {
    throw new ModelError("unreachable", `${url} answered ${response.status}; try again in a while.`);
  }
  const text = response.ok
    ? "to a byte range; serve it with ranges (206)"
    : "instead of a part of the file; check the address";
  throw new ModelError("range-refused", `${url} answered ${response.status} ${text}.`);
}

/** Resolves to the number of bytes that came; more than `target` holds are left where they are, and the caller refuses them. */
async function readStream(body: Body, target: Uint8Array, came: (sizeBytes: number) => void): Promise<number> {
  const reader = pieceReader(body, Math.min(STREAM_BYTES, Math.max(1, target.length)));
  for (let at = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return at;
    if (at + value.length > target.length) {
      await reader.cancel();
      return at + value.length;
    }
    target.set(value, at);
    at += value.length;
    came(at);
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
