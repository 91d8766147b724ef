import { PeerId, type PeerSignal } from "@jupiter/protocol";
import { peerLinkContract } from "@jupiter/testkit";
import { expect, test } from "vitest";
import { answerProbes, measureLink } from "./measure-link.ts";
import { connectPeer } from "./simple-peer-link.ts";
import { type IncomingLink, PeerLinks } from "./peer-links.ts";

const iceServers: RTCIceServer[] = [];

async function connectedPair(sliceBytes?: number) {
  const options = { iceServers, ...(sliceBytes === undefined ? {} : { sliceBytes }) };
  const a = connectPeer({ ...options, initiator: true, sendSignal: (signal) => b.receiveSignal(signal) });
  const b = connectPeer({ ...options, initiator: false, sendSignal: (signal) => a.receiveSignal(signal) });
  const links = await Promise.all([a.link, b.link]);
  const dispose = async () => {
    await Promise.all(links.map((link) => link.close()));
  };
  return { links, dispose };
}

peerLinkContract("simple-peer", () => connectedPair());
peerLinkContract("simple-peer in slices of 4.6 KB", () => connectedPair(4600));

test("a link to nobody gives up in time, with what to do next", async () => {
  const alone = connectPeer({ iceServers, initiator: true, sendSignal: () => undefined, timeoutMs: 50 });
  await expect(alone.link).rejects.toMatchObject({
    reason: "timeout",
    message: expect.stringContaining("see whether its page is still open"),
  });
});

test("connecting can be given up, and refuses signals that are none", async () => {
  const giveUp = new AbortController();
  const alone = connectPeer({ iceServers, initiator: false, sendSignal: () => undefined, signal: giveUp.signal });
  expect(() => alone.receiveSignal({ type: "transceiverRequest" })).toThrow(
    expect.objectContaining({ reason: "bad-signal" }),
  );
  giveUp.abort();
  await expect(alone.link).rejects.toMatchObject({ reason: "aborted" });
});

test("what a server delivers twice is heard once: the link comes about", async () => {
  const options = { iceServers };
  const twice = (receive: (signal: unknown) => void) => (signal: unknown) => {
    receive(signal);
    receive(signal);
  };
  const a = connectPeer({ ...options, initiator: true, sendSignal: twice((signal) => b.receiveSignal(signal)) });
  const b = connectPeer({ ...options, initiator: false, sendSignal: twice((signal) => a.receiveSignal(signal)) });
  const links = await Promise.all([a.link, b.link]);
  await Promise.all(links.map((link) => link.close()));
});

test("an offer that is no SDP fails the connection", async () => {
  const alone = connectPeer({ iceServers, initiator: false, sendSignal: () => undefined });
  alone.receiveSignal({ type: "offer", sdp: "nonsense" });
  await expect(alone.link).rejects.toMatchObject({ reason: "connect-failed" });
});

test("several links between two members at once, told apart by channel", async () => {
  const [hostId, donorId] = [PeerId.parse("host_0000"), PeerId.parse("donor_000")];
  const sides = new Map<PeerId, PeerLinks>();
  // As the room does it: through JSON, a tick later.
  const sender = (from: PeerId) => (to: PeerId, signal: PeerSignal) => {
    const json = JSON.stringify(signal);
    queueMicrotask(() => sides.get(to)?.receiveSignal(from, JSON.parse(json)));
  };
  const host = new PeerLinks({ iceServers, sendSignal: sender(hostId) });
  const donor = new PeerLinks({ iceServers, sendSignal: sender(donorId) });
  sides.set(hostId, host).set(donorId, donor);
  const incoming: IncomingLink[] = [];
  const both = new Promise<void>((resolve) => {
    donor.events.on("incoming", (link) => {
      incoming.push(link);
      if (incoming.length === 2) resolve();
    });
  });
  const channels = ["control", "activations"] as const;
  const links = await Promise.all(channels.map((channel) => host.connect(donorId, channel)));
  await both;
  for (const [i, channel] of channels.entries()) {
    const at = incoming.find((link) => link.channel === channel);
    expect(at?.from).toBe(hostId);
    const message = new Promise<Uint8Array>((resolve) => void at?.link.events.on("message", resolve));
    await links[i]?.send(Uint8Array.of(i));
    expect([...(await message)]).toEqual([i]);
  }
  const refused: string[] = [];
  donor.events.on("failed", ({ error }) => refused.push(error.reason));
  donor.receiveSignal(hostId, { channel: "files", connection: "12345678" });
  expect(refused).toEqual(["bad-signal"]);
  await Promise.all(links.map((link) => link.close()));
});

test("a real channel is measured both ways, and is near", async () => {
  const { links, dispose } = await connectedPair();
  const nowMs = () => performance.now();
  answerProbes(links[1], nowMs);
  const { rttMs, bytesPerMs, backBytesPerMs } = await measureLink(links[0], { nowMs, rest: () => Promise.resolve() });
  expect(rttMs).toBeGreaterThan(0);
  // Bounds against accidents, not a benchmark: within one page no channel is slower than 100 KB a second, nor faster than memory.
  for (const rate of [bytesPerMs, backBytesPerMs]) {
    expect(rate).toBeGreaterThan(100);
    expect(rate).toBeLessThan(1e7);
  }
  await dispose();
});

test("round trips of one token's frame", async () => {
  const { links, dispose } = await connectedPair();
  const [a, b] = links;
  b.events.on("message", (message) => void b.send(message));
  const frame = new Uint8Array(2304);
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const start = performance.now();
    const answer = new Promise((resolve) => {
      const off = a.events.on("message", (message) => {
        off();
        resolve(message);
      });
    });
    await a.send(frame);
    await answer;
    times.push(performance.now() - start);
  }
  times.sort((x, y) => x - y);
  console.log(
    `round trip of 2304 bytes: median ${times[100]?.toFixed(2)} ms, 90 % within ${times[180]?.toFixed(2)} ms`,
  );
  // A bound against accidents (a timer, a stream's tick), not a benchmark: every trip would have those, and on a busy machine half of all may wait.
  expect(times[20]).toBeLessThan(10);
  await dispose();
});
