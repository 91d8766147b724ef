/** The host's view of a donor whose page stands still, floods, or accuses another. */
import { decodeFrame, donorMessageFrame, encodeFrame, parseHostMessage, PeerId } from "@jupiter/protocol";
import type { DonorMessage, HostMessage, Seat } from "@jupiter/protocol";
import { memoryLinkPair } from "@jupiter/transport";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DonorProxy } from "./donor-proxy.ts";

const [peer, other] = [PeerId.parse("anna0000"), PeerId.parse("ben00000")];
const PING_MS = 3000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function connected({ believes = false } = {}) {
  const gone: string[] = [];
  const failed: string[] = [];
  const accused: (readonly [Seat, string])[] = [];
  const proxy = new DonorProxy({
    ...{ peer, name: "Anna", nameFor: (wanted: string) => wanted },
    failed: (_, message) => void failed.push(message),
    accused: (whom, message) => accused.push([whom, message]) > 0 && believes,
    ...{ canAsk: () => undefined, asked: () => undefined },
    gone: (message) => void gone.push(message),
  });
  const [ours, theirs] = memoryLinkPair().links;
  proxy.attach(ours);
  const say = (message: DonorMessage) => theirs.send(encodeFrame(donorMessageFrame(message))).catch(() => undefined);
  const donor = { answers: true };
  theirs.events.on("message", (bytes) => {
    const frame = decodeFrame(bytes);
    const message: HostMessage | null = frame.kind === "control" ? parseHostMessage(frame) : null;
    if (message?.type === "ping" && donor.answers) void say({ type: "pong", id: message.id });
  });
  const pass = (pings: number) => vi.advanceTimersByTimeAsync(pings * PING_MS);
  return { proxy, donor, say, pass, gone, failed, accused };
}

it("a page that stands still while it serves is gone after ten pings; one that answers late is not", async () => {
  const { proxy, donor, say, pass, gone } = connected();
  await pass(50);
  proxy.send({ type: "serve", epoch: 1 });
  donor.answers = false;
  for (let i = 0; i < 5; i++) {
    await pass(8);
    await say({ type: "stats", fetchedBytes: 0, memoryBytes: null, runs: i, computeMs: 0 });
  }
  expect(gone).toEqual([]);
  await pass(12);
  expect(gone).toEqual(["Anna has not answered for 30 seconds."]);
});

it("a device that loads may be silent", async () => {
  const { donor, pass, gone } = connected();
  donor.answers = false;
  await pass(50);
  expect(gone).toEqual([]);
});

it("a flood of control messages ends the link by name", async () => {
  const { say, pass, gone } = connected();
  for (let i = 0; i < 5000; i++) void say({ type: "pong", id: i });
  await pass(1);
  expect(gone).toEqual(["Anna is gone: it sent more than 200 messages a second."]);
});

it("an accusation that can be is the other device's failure, any other is the accuser's own", async () => {
  for (const believes of [true, false]) {
    const { proxy, say, pass, failed, accused } = connected({ believes });
    proxy.send({ type: "profile", epoch: 1, shape: SHAPE, backend: "wasm", threads: 1 });
    await say({ type: "failed", epoch: 1, reason: "bad-frame", message: "sent garbage", from: other });
    await pass(1);
    expect(accused).toEqual([[other, "sent garbage"]]);
    expect(failed).toEqual(believes ? [] : ["Anna: sent garbage"]);
    expect(proxy.device.value.state.kind).toBe(believes ? "connecting" : "failed");
  }
});

const SHAPE = {
  ...({ architecture: "llama", L: 2, D: 64, F: 64, H: 2, K: 1, E: 32, V: 100 } as const),
  ...{ ropeBase: 1e4, rmsEpsilon: 1e-5, contextLength: 64 },
};
