import { HastyClock, ManualClock, peerLinkContract } from "@jupiter/testkit";
import { describe, expect, test } from "vitest";
import { Medium, ShapedPath, type LinkShape } from "./link-shape.ts";
import { memoryLinkPair } from "./memory-link.ts";
import { ShapedLink } from "./shaped-link.ts";

function shapedPair(shape: LinkShape) {
  const clock = new HastyClock();
  const [a, b] = memoryLinkPair().links;
  return {
    links: [new ShapedLink(a, shape, { clock, seed: 1 }), new ShapedLink(b, shape, { clock, seed: 2 })] as const,
    dispose: () => undefined,
  };
}

peerLinkContract("shaped, without a shape", () => shapedPair({}));
peerLinkContract("shaped, slow and far", () => shapedPair({ mbitPerS: 10, delayMs: 30, perMessageMs: 1 }));
peerLinkContract("shaped, unsteady", () => shapedPair({ mbitPerS: 100, delayMs: 5, jitterMs: 50, loss: 0.02 }));

/** Sends messages of these sizes at once; when each arrived, and when its `send` resolved. */
async function passage(shape: LinkShape, sizes: readonly number[]) {
  const clock = new ManualClock();
  const [a, b] = memoryLinkPair().links;
  const link = new ShapedLink(a, shape, {
    clock: { nowMs: () => clock.nowMs, after: (ms, callback) => clock.after(ms, callback) },
    seed: 7,
  });
  const arrived: number[] = [];
  const left: number[] = [];
  b.events.on("message", ({ length }) => arrived.push(clock.nowMs + length / 1e9));
  for (const size of sizes) void link.send(new Uint8Array(size)).then(() => left.push(clock.nowMs));
  for (let i = 0; i < 4000; i++) {
    clock.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
    if (arrived.length === sizes.length) break;
  }
  return { arrived: arrived.map(Math.floor), left };
}

describe("a shaped link", () => {
  test("sends at its rate, one message after the other, and delays them all", async () => {
    // 8 Mbit/s: 1000 bytes a millisecond.
    const shape = { mbitPerS: 8, delayMs: 20, perMessageMs: 2, perMessageBytes: 1000 };
    expect(await passage(shape, [7000, 7000, 0])).toEqual({ left: [10, 20, 23], arrived: [30, 40, 43] });
  });

  test("jitter and loss spread arrivals and keep their order", async () => {
    const sizes = Array.from({ length: 60 }, () => 100);
    const { arrived } = await passage({ mbitPerS: 0.8, delayMs: 10, jitterMs: 8, loss: 0.05 }, sizes);
    expect(arrived).toHaveLength(60);
    expect(arrived).toEqual([...arrived].sort((x, y) => x - y));
    // A lost packet holds up all behind it for 200 ms; 60 messages take 60 ms on the wire.
    expect(arrived.at(-1)).toBeGreaterThan(200);
  });

  test("copies a message when it has left: its memory is the sender's again", async () => {
    const clock = new ManualClock();
    const [a, b] = memoryLinkPair().links;
    const link = new ShapedLink(
      a,
      { delayMs: 50 },
      { clock: { nowMs: () => clock.nowMs, after: (ms, callback) => clock.after(ms, callback) }, seed: 1 },
    );
    const received = new Promise<Uint8Array>((resolve) => b.events.on("message", resolve));
    const message = Uint8Array.of(1, 2, 3);
    const sending = link.send(message);
    clock.advance(1);
    await sending;
    message.fill(0);
    clock.advance(50);
    expect([...(await received)]).toEqual([1, 2, 3]);
  });
});

describe("a shaped path", () => {
  test("shares its medium", () => {
    const medium = new Medium();
    const [one, two] = [0, 1].map((seed) => new ShapedPath({ mbitPerS: 8 }, seed, medium));
    expect(one?.next(5000, 0)).toEqual({ sentMs: 5, arrivesMs: 5 });
    expect(two?.next(1000, 2)).toEqual({ sentMs: 6, arrivesMs: 6 });
  });

  test("is the same for a seed", () => {
    const arrivals = (seed: number) => {
      const path = new ShapedPath({ jitterMs: 30, loss: 0.1 }, seed);
      return Array.from({ length: 20 }, (_, i) => path.next(3000, i).arrivesMs);
    };
    expect(arrivals(1)).toEqual(arrivals(1));
    expect(arrivals(1)).not.toEqual(arrivals(2));
  });

  test.each([{ mbitPerS: 0 }, { loss: 1 }, { delayMs: -1 }, { jitterMs: NaN }])("refuses %j", (shape) => {
    expect(() => new ShapedPath(shape, 1)).toThrow(RangeError);
  });
});
