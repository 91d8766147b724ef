import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryByteSource, tinyCheckpoint } from "@jupiter/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readGguf } from "./gguf.ts";
import { httpByteSource } from "./http-source.ts";
import { WeightSource } from "./weight-source.ts";

const URL_OF_FILE = "https://models.example/tiny.gguf";
const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
const never = () => new Promise<void>(() => undefined);

/** Looks at the line happen when the test says so. */
class Looks {
  readonly #waiting: (() => void)[] = [];
  readonly wait = () => new Promise<void>((resolve) => void this.#waiting.push(resolve));

  async happen(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

type Controller = ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>;

/** Answers every request with 206 and `pieces`, each after `before`; then the end, or silence until the request is called off. */
function answerWith(isBytes: boolean, pieces: readonly Uint8Array[], before: () => Promise<void>, ends = true) {
  vi.stubGlobal("fetch", (_url: string, { signal }: { signal: AbortSignal }) => {
    const rest = pieces.values();
    const start = (controller: Controller) =>
      signal.addEventListener("abort", () => controller.error(signal.reason as Error));
    const pull = async (controller: Controller) => {
      await before();
      const next = rest.next();
      if (!next.done) {
        controller.enqueue(Uint8Array.from(next.value));
      } else if (ends) {
        controller.close();
        if ("byobRequest" in controller) controller.byobRequest?.respond(0);
      } else {
        await never();
      }
    };
    const body = isBytes ? new ReadableStream({ type: "bytes", start, pull }) : new ReadableStream({ start, pull });
    return Promise.resolve(new Response(body, { status: 206 }));
  });
}

const inPieces = [bytes.subarray(0, 30), bytes.subarray(30, 90), bytes.subarray(90)];

let server: Server | undefined;
afterEach(() => {
  vi.unstubAllGlobals();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

describe.each([
  ["byte streams", true],
  ["streams that take no buffer along", false],
] as const)("a browser whose responses are %s", (_, isBytes) => {
  it("reads a range, into memory that is there and into new", async () => {
    answerWith(isBytes, inPieces, () => Promise.resolve());
    const source = httpByteSource(URL_OF_FILE, { wait: never });
    expect(await source.read(0, 100)).toEqual(bytes);
    expect(await source.read(0, 120)).toEqual(bytes); // the end of the file
    const target = new Uint8Array(100);
    expect(await source.readInto?.(target, 0)).toBe(100);
    expect(target).toEqual(bytes);
  });

  it("tells that more came than was asked for", async () => {
    answerWith(isBytes, inPieces, () => Promise.resolve());
    const source = httpByteSource(URL_OF_FILE, { wait: never });
    expect(await source.readInto?.(new Uint8Array(50), 0)).toBeGreaterThan(50);
    await expect(source.read(0, 50)).rejects.toMatchObject({ reason: "range-refused" });
  });

  it("may be slow: only silence of 20 s between two pieces fails", async () => {
    const looks = new Looks();
    answerWith(isBytes, inPieces, () => looks.happen(3));
    expect(await httpByteSource(URL_OF_FILE, { wait: looks.wait }).read(0, 100)).toEqual(bytes);
  });

  it("fails when the line goes silent after some bytes", async () => {
    const looks = new Looks();
    answerWith(isBytes, inPieces.slice(0, 2), () => Promise.resolve(), false);
    const read = httpByteSource(URL_OF_FILE, { wait: looks.wait }).read(0, 100);
    const refused = expect(read).rejects.toMatchObject({
      reason: "unreachable",
      message: expect.stringContaining("nothing for 20 s; check the connection") as string,
    });
    await looks.happen(6);
    await refused;
  });
});

it("asks a server that broke off for the rest alone, and has patience while it is away", async () => {
  const file = tinyCheckpoint({ architecture: "llama" });
  const { checkpoint } = await readGguf(memoryByteSource(file), "tiny");
  const asked: (readonly [number, number])[] = [];
  const AWAY = 12;
  vi.stubGlobal("fetch", (_url: string, { headers, cache }: { headers: { Range: string }; cache: RequestCache }) => {
    expect(cache).toBe("no-store");
    const [from = NaN, last = NaN] = (/\d+-\d+/.exec(headers.Range)?.[0] ?? "").split("-").map(Number);
    asked.push([from, last + 1]);
    const isBroken = asked.length === 1;
    if (!isBroken && asked.length <= 1 + AWAY) return Promise.reject(new TypeError("Failed to fetch"));
    const range = file.slice(from, last + 1);
    const pieces = [isBroken ? range.slice(0, range.length >> 1) : range].values();
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const next = pieces.next();
      if (!next.done) controller.enqueue(next.value);
      else if (isBroken) controller.error(new TypeError("network error"));
      else controller.close();
    };
    return Promise.resolve(new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), { status: 206 }));
  });
  const share = { layers: [{ first: 1, end: 2 }], head: false, embedding: false };
  const [waits, reports]: [number[], boolean[]] = [[], []];
  const weights = new WeightSource(checkpoint, httpByteSource(URL_OF_FILE, { wait: never }), share, {
    wait: (delayMs) => Promise.resolve(void waits.push(delayMs)),
    onProgress: ({ isAway }) => void reports.push(isAway),
  });
  const plain = new WeightSource(checkpoint, memoryByteSource(file), share);
  expect(await weights.layers(1, 2, "dense")).toEqual(await plain.layers(1, 2, "dense"));
  const [first, ...rest] = asked;
  const half = (first?.[0] ?? NaN) + (((first?.[1] ?? NaN) - (first?.[0] ?? NaN)) >> 1);
  expect(rest).toEqual(Array.from({ length: AWAY + 1 }, () => [half, first?.[1]]));
  expect(weights.fetchedBytes).toBe((first?.[1] ?? NaN) - (first?.[0] ?? NaN));
  expect(waits.slice(0, 5)).toEqual([500, 1500, 4500, 5000, 5000]);
  expect([reports.at(0), reports.includes(true), reports.at(-1)]).toEqual([false, true, false]);
});

it("gives up a server that stays away", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const { checkpoint } = await readGguf(memoryByteSource(tinyCheckpoint({ architecture: "llama" })), "tiny");
  const share = { layers: [{ first: 1, end: 2 }], head: false, embedding: false };
  let waitedMs = 0;
  const weights = new WeightSource(checkpoint, httpByteSource(URL_OF_FILE, { wait: never }), share, {
    wait: (delayMs) => Promise.resolve(void (waitedMs += delayMs)),
  });
  await expect(weights.layers(1, 2, "dense")).rejects.toMatchObject({ reason: "unreachable" });
  expect(waitedMs).toBeGreaterThan(170_000);
  expect(waitedMs).toBeLessThan(200_000);
});

it("tries again what a server left half sent, and the weights are whole", async () => {
  const file = tinyCheckpoint({ architecture: "llama" });
  let [requests, looks] = [0, 0];
  let halfIsSent = () => {};
  const half = new Promise<void>((resolve) => (halfIsSent = resolve));
  server = createServer((request, response) => {
    const [, from = NaN, last = NaN] = (/^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? []).map(Number);
    const range = file.subarray(from, last + 1);
    response.writeHead(206, { "Content-Length": range.length });
    if (requests++ > 0) response.end(range);
    else response.write(range.subarray(0, range.length >> 1), () => halfIsSent());
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const source = httpByteSource(`http://127.0.0.1:${port}/tiny.gguf`, {
    wait: () => (looks++ < 5 ? half : never()),
  });
  const { checkpoint } = await readGguf(memoryByteSource(file), "tiny");
  const tries: number[] = [];
  const share = { layers: [{ first: 1, end: 3 }], head: false, embedding: false };
  const plain = new WeightSource(checkpoint, memoryByteSource(file), share);
  const weights = new WeightSource(checkpoint, source, share, {
    wait: (delayMs) => Promise.resolve(void tries.push(delayMs)),
  });
  expect(await weights.layers(1, 3, "dense")).toEqual(await plain.layers(1, 3, "dense"));
  expect(tries).toEqual([500]);
});
