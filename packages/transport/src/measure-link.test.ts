/** Links of known rate and delay are measured as what they are; an end that lies or floods loses the link. */
import { encodeFrame, LIMITS, type ProbeFrame } from "@jupiter/protocol";
import { HastyClock } from "@jupiter/testkit";
import { describe, expect, it } from "vitest";
import type { LinkShape } from "./link-shape.ts";
import { answerProbes, measureLink } from "./measure-link.ts";
import { memoryLinkPair } from "./memory-link.ts";
import { ShapedLink } from "./shaped-link.ts";

function measured(out: LinkShape, back: LinkShape) {
  const clock = new HastyClock();
  const nowMs = () => clock.nowMs();
  const rest = () => new Promise<void>((resolve) => void clock.after(5, resolve));
  const [a, b] = memoryLinkPair().links;
  const near = new ShapedLink(a, out, { clock, seed: 3 });
  const far = new ShapedLink(b, back, { clock, seed: 4 });
  answerProbes(far, nowMs);
  return { near, far, clock, result: measureLink(near, { nowMs, rest }) };
}

describe("a shaped link", () => {
  it.each([
    [1, 1, 20],
    [10, 40, 3],
    [100, 25, 0.5],
    [500, 1000, 40],
    [8, 100, 250],
  ])("of %d Mbit/s there and %d back, %d ms away", async (outMbit, backMbit, delayMs) => {
    const { result, near, clock } = measured({ mbitPerS: outMbit, delayMs }, { mbitPerS: backMbit, delayMs });
    const { rttMs, rttSpreadMs, bytesPerMs, backBytesPerMs } = await result;
    expect(Math.abs(rttMs / (2 * delayMs) - 1)).toBeLessThan(0.1);
    expect(rttSpreadMs).toBeLessThan(0.01);
    expect(Math.abs(bytesPerMs / (outMbit * 125) - 1)).toBeLessThan(0.1);
    expect(Math.abs(backBytesPerMs / (backMbit * 125) - 1)).toBeLessThan(0.1);
    // What a person waits for, and what a metered link pays, on a link that is near enough for a ring.
    if (delayMs <= 40) expect(clock.nowMs()).toBeLessThan(1000);
    const { sentBytes, receivedBytes } = near.stats();
    expect(Math.max(sentBytes, receivedBytes)).toBeLessThan(LIMITS.probeTotalBytes);
  });

  it("with jitter: its spread is seen, its rate all the same", async () => {
    const shape = { mbitPerS: 50, delayMs: 10, jitterMs: 8 };
    const { rttMs, rttSpreadMs, bytesPerMs } = await measured(shape, shape).result;
    expect(rttMs).toBeGreaterThan(20);
    expect(rttMs).toBeLessThan(36);
    expect(rttSpreadMs).toBeGreaterThan(0.3);
    expect(bytesPerMs / 6250).toBeGreaterThan(0.5);
  });
});

const probe = (change: Partial<ProbeFrame>): Uint8Array =>
  encodeFrame({ kind: "probe", step: "ping", number: 0, value: 0, bytes: new Uint8Array(), ...change });

describe("an end that is no friend", () => {
  const answering = () => {
    const [a, b] = memoryLinkPair().links;
    answerProbes(b, () => 0);
    return { a, closed: new Promise<string>((resolve) => a.events.on("close", ({ reason }) => resolve(reason))) };
  };

  it.each<[string, Uint8Array, number]>([
    ["asks for more than a measurement takes", probe({ step: "want", value: LIMITS.probeBytes }), 20],
    ["sends more than a measurement does", probe({ step: "fill", bytes: new Uint8Array(LIMITS.probeBytes) }), 40],
    ["sends more messages than a measurement has", probe({}), LIMITS.probeMessages + 1],
    ["answers what nobody asked", probe({ step: "arrived", value: 1 }), 1],
    ["sends what is no probe", encodeFrame({ kind: "cancel", frames: [1] }), 1],
    ["sends what is no frame", Uint8Array.of(9, 9, 9), 1],
  ])("%s: its link is closed", async (_, message, times) => {
    const { a, closed } = answering();
    let sent = 0;
    let receivedBytes = 0;
    a.events.on("message", ({ length }) => (receivedBytes += length));
    while (
      sent < times &&
      (await a.send(message).then(
        () => ++sent,
        () => Infinity,
      )) < times
    );
    expect(await closed).toBe("remote");
    expect(receivedBytes).toBeLessThan(2 * LIMITS.probeTotalBytes);
  });

  it("sends nonsense for an answer, goes, or is silent: the measurement fails", async () => {
    const fails = (answer: (link: ReturnType<typeof memoryLinkPair>["links"][1]) => void, signal?: AbortSignal) => {
      const [a, b] = memoryLinkPair().links;
      b.events.on("message", () => answer(b));
      return measureLink(a, {
        nowMs: () => 0,
        rest: () => Promise.resolve(),
        ...(signal === undefined ? {} : { signal }),
      });
    };
    await expect(fails((b) => void b.send(Uint8Array.of(1)))).rejects.toMatchObject({ reason: "bad-slice" });
    await expect(fails((b) => void b.close())).rejects.toMatchObject({ reason: "closed" });
    const giveUp = new AbortController();
    const silent = fails(() => giveUp.abort(), giveUp.signal);
    await expect(silent).rejects.toMatchObject({ reason: "aborted" });
    await expect(fails(() => undefined, AbortSignal.abort())).rejects.toMatchObject({ reason: "aborted" });
  });
});
