import type { LinkClosed, PeerLink } from "@jupiter/transport";
import { describe, expect, test } from "vitest";

export interface LinkPairUnderTest {
  readonly links: readonly [PeerLink, PeerLink];
  dispose(): Promise<void> | void;
}

const MAX_MESSAGE_BYTES = 48 << 20;

/** What every `PeerLink` must do. `makePair` gives two ends of a fresh link; `dispose` is called after each test. */
export function peerLinkContract(name: string, makePair: () => Promise<LinkPairUnderTest> | LinkPairUnderTest): void {
  const withPair = (run: (a: PeerLink, b: PeerLink) => Promise<void>) => async () => {
    const pair = await makePair();
    try {
      await run(...pair.links);
    } finally {
      await pair.dispose();
    }
  };

  describe(`${name} as a peer link`, () => {
    test(
      "messages of 0 bytes to 1 MB arrive whole and in order, both ways at once",
      withPair(async (a, b) => {
        const sizes = [0, 1, 7, 2304, 16_375, 16_376, 16_377, 40_000, 1 << 20, 3];
        const toB = sizes.map((size, i) => pattern(size, i));
        const toA = [...sizes].reverse().map((size, i) => pattern(size, 100 + i));
        const atB = take(b, toB.length);
        const atA = take(a, toA.length);
        await Promise.all([...toB.map((message) => a.send(message)), ...toA.map((message) => b.send(message))]);
        expectSame(await atB, toB);
        expectSame(await atA, toA);
        expect(a.stats()).toMatchObject({ sentMessages: sizes.length, receivedMessages: sizes.length });
        expect(a.stats().receivedBytes).toBe(b.stats().sentBytes);
      }),
    );

    test(
      "a received message starts at a multiple of 4 of its buffer",
      withPair(async (a, b) => {
        const received = take(b, 2);
        await Promise.all([a.send(pattern(8, 1)), a.send(pattern(50_000, 2))]);
        expect((await received).map(({ byteOffset }) => byteOffset % 4)).toEqual([0, 0]);
      }),
    );

    test(
      "messages that come before anyone listens wait, in order",
      withPair(async (a, b) => {
        const sent = [pattern(10, 1), pattern(30_000, 2), pattern(5, 3)];
        for (const message of sent) await a.send(message);
        // b's answer to a shows that all three have arrived there.
        await b.send(pattern(1, 9));
        await take(a, 1);
        expectSame(await take(b, 3), sent);
      }),
    );

    test(
      "more than the high-water mark is sent in turns, and each send resolves",
      withPair(async (a, b) => {
        const sent = Array.from({ length: 24 }, (_, i) => pattern(300_000, i));
        const received = take(b, sent.length);
        const sending = Promise.all(sent.map((message) => a.send(message)));
        expect(a.stats().bufferedBytes).toBeGreaterThan(6_000_000);
        await sending;
        expectSame(await received, sent);
        expect(a.stats().bufferedBytes).toBeLessThan(1 << 20);
      }),
    );

    test(
      "a message too large is refused and the link goes on",
      withPair(async (a, b) => {
        const received = take(b, 1);
        await expect(a.send(new Uint8Array(MAX_MESSAGE_BYTES + 1))).rejects.toMatchObject({ reason: "too-large" });
        await a.send(pattern(5, 1));
        expectSame(await received, [pattern(5, 1)]);
      }),
    );

    test(
      "an aborted message does not arrive, even when half of it was sent, and those behind it do",
      withPair(async (a, b) => {
        const received = take(b, 2);
        const [begun, queued, already] = [new AbortController(), new AbortController(), AbortSignal.abort()];
        const first = a.send(pattern(1000, 1));
        const half = a.send(pattern(8 << 20, 2), { signal: begun.signal });
        const waiting = a.send(pattern(1000, 3), { signal: queued.signal });
        const last = a.send(pattern(1000, 4));
        begun.abort();
        queued.abort();
        await expect(half).rejects.toMatchObject({ reason: "aborted" });
        await expect(waiting).rejects.toMatchObject({ reason: "aborted" });
        await expect(a.send(pattern(1, 5), { signal: already })).rejects.toMatchObject({ reason: "aborted" });
        await Promise.all([first, last]);
        expectSame(await received, [pattern(1000, 1), pattern(1000, 4)]);
      }),
    );

    test(
      "close sends what was queued, then both ends are closed and refuse to send",
      withPair(async (a, b) => {
        const sent = [pattern(2 << 20, 1), pattern(100, 2)];
        const received = take(b, 2);
        const closedAtA = closing(a);
        const closedAtB = closing(b);
        const sending = sent.map((message) => a.send(message));
        const closed = a.close();
        await expect(a.send(pattern(1, 3))).rejects.toMatchObject({ reason: "closed" });
        await Promise.all([...sending, closed]);
        expectSame(await received, sent);
        expect(await closedAtA).toMatchObject({ reason: "local" });
        expect(await closedAtB).toMatchObject({ reason: "remote" });
        await expect(b.send(pattern(1, 4))).rejects.toMatchObject({ reason: "closed" });
        // Again, and late: no harm, and the answer is the same.
        await Promise.all([a.close(), b.close()]);
        expect(await closing(b)).toMatchObject({ reason: "remote" });
      }),
    );

    test(
      "sends that wait when the other end closes are rejected",
      withPair(async (a, b) => {
        const sends = Array.from({ length: 12 }, (_, i) => a.send(pattern(4 << 20, i)));
        const settled = Promise.allSettled(sends);
        await b.close();
        const rejected = (await settled).filter((result) => result.status === "rejected");
        expect(rejected.length).toBeGreaterThan(0);
        for (const { reason } of rejected) expect(reason).toMatchObject({ name: "TransportError", reason: "closed" });
      }),
    );
  });
}

/** The next `count` messages. */
function take(link: PeerLink, count: number): Promise<Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const messages: Uint8Array[] = [];
    const off = link.events.on("message", (message) => {
      messages.push(message);
      if (messages.length < count) return;
      off();
      resolve(messages);
    });
    link.events.on("close", ({ message }) => reject(new Error(`closed after ${messages.length} messages: ${message}`)));
  });
}

function closing(link: PeerLink): Promise<LinkClosed> {
  return new Promise((resolve) => void link.events.on("close", resolve));
}

function pattern(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + seed * 101) & 255;
  return bytes;
}

/** Element by element comparison of megabytes is slow in `toEqual`. */
function expectSame(got: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(got.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  got.forEach((message, i) => {
    const difference = message.findIndex((byte, at) => byte !== expected[i]?.[at]);
    expect(difference, `first differing byte of message ${i}`).toBe(-1);
  });
}
