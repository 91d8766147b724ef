import { peerLinkContract } from "@jupiter/testkit";
import { expect, test } from "vitest";
import { FlowGate } from "./flow.ts";
import { memoryLinkPair } from "./memory-link.ts";

peerLinkContract("memory", () => ({ links: memoryLinkPair().links, dispose: () => undefined }));
peerLinkContract("memory in slices of 100 bytes", () => ({
  links: memoryLinkPair({ sliceBytes: 100 }).links,
  dispose: () => undefined,
}));

test("the channel is filled to the high mark and no further until it drains", async () => {
  const pair = memoryLinkPair({ sliceBytes: 108, watermarks: { highBytes: 4000, lowBytes: 1000 } });
  const [a, b] = pair.links;
  let received = 0;
  b.events.on("message", (message) => (received += message.length));
  pair.hold();
  const sending = a.send(new Uint8Array(20_000));
  // 38 slices of 108 bytes are the first to reach 4000.
  expect(a.stats()).toMatchObject({ sentBytes: 38 * 108, sentMessages: 0 });
  pair.release();
  await sending;
  await a.close();
  expect(received).toBe(20_000);
});

test("a shut gate opens at the low mark, not before", () => {
  const gate = new FlowGate({ highBytes: 4000, lowBytes: 1000 });
  expect([0, 3999, 4000, 3999, 1001, 1000, 3999].map((bytes) => gate.isOpen(bytes))).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
    true,
  ]);
});

test("a cut connection fails both ends and what was queued", async () => {
  const pair = memoryLinkPair();
  const [a, b] = pair.links;
  const reasons: string[] = [];
  for (const link of pair.links) link.events.on("close", ({ reason }) => reasons.push(reason));
  pair.hold();
  const sending = a.send(new Uint8Array(3 << 20));
  pair.cut();
  await expect(sending).rejects.toMatchObject({ reason: "closed" });
  await expect(b.send(new Uint8Array(1))).rejects.toMatchObject({ reason: "closed" });
  expect(reasons).toEqual(["failed", "failed"]);
});
