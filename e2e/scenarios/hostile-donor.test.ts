/** Donors that send their neighbours what makes no sense, in real tabs: the host's page says who and why, the room lives, a ring without them answers. */
import type { PeerId } from "@jupiter/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ableToLie } from "../mischief.ts";
import { TabRoom } from "../ring/tabs.ts";
import { tinyModel } from "../tiny-ring.ts";

const tiny = tinyModel();
let room: TabRoom;
let first: PeerId;
let last: PeerId;

const start = (donors: readonly PeerId[]) => {
  const layers = donors.length === 2 ? [2, 2] : [4];
  return room.start({ ...tiny.start, hostLayers: "none", layers, donors });
};
const deviceOf = (peer: PeerId) =>
  room.host.evaluate((id) => globalThis.jupiterHarness!.devices().find((device) => device.peer === id)!, peer);

beforeAll(async () => {
  room = await TabRoom.open({ models: tiny.models, donors: 2, init: ableToLie });
  [first, last] = (await Promise.all(
    room.donors.map((donor) => donor.evaluate(() => globalThis.jupiterDonor!.peer)),
  )) as [PeerId, PeerId];
});

afterAll(async () => {
  await room[Symbol.asyncDispose]();
  tiny[Symbol.dispose]();
});

/** How the ring ended, as the host's page says it. */
async function endOfRing(): Promise<{ readonly reason: string; readonly message: string }> {
  await expect(room.ask(tiny.question)).rejects.toThrow(/no sense/);
  const ring = await room.host.evaluate(() => globalThis.jupiterHarness!.ring());
  if (ring.kind !== "lost") throw new Error(`the ring is ${ring.kind}`);
  return ring;
}

/** The same devices answer once the first one no longer lies. */
async function goOn(): Promise<void> {
  await room.donors[0]!.evaluate(() => (globalThis.mischief = undefined));
  await start([first, last]);
  expect((await room.ask(tiny.question)).tokens.length).toBeGreaterThan(0);
}

it("rows in more arenas than the plan announced: the sender is named, and the same devices go on once it stops", async () => {
  await start([first, last]);
  await room.donors[0]!.evaluate(() => (globalThis.mischief = "arena"));
  const [liar, victim] = [await deviceOf(first), await deviceOf(last)];
  const { reason, message } = await endOfRing();
  expect(reason).toBe("bad-frame");
  expect(message).toContain(`${victim.name} says that ${liar.name} sent what makes no sense (`);
  expect(message).toContain("of at most 1");
  await goOn();
});

it("a thousand times every frame: the sender is named, and the same devices go on once it stops", async () => {
  await start([first, last]);
  await room.donors[0]!.evaluate(() => (globalThis.mischief = "flood"));
  const { name } = await deviceOf(first);
  // The second of a frame makes no sense; on a busy machine the sender's own queue may be full before anyone has read it.
  await expect(room.ask(tiny.question)).rejects.toThrow(name);
  await goOn();
});

it("garbage to another donor: both are named, the sender's card says why, and a ring without it answers", async () => {
  await start([first, last]);
  await room.donors[0]!.evaluate(() => (globalThis.mischief = "garbage"));
  const [liar, victim] = [await deviceOf(first), await deviceOf(last)];
  const { reason, message } = await endOfRing();
  expect(reason).toBe("bad-frame");
  expect(message).toContain(`${victim.name} says that ${liar.name} sent what makes no sense (`);
  expect((await deviceOf(first)).state).toEqual({ kind: "failed", reason: "bad-frame", message });
  expect((await deviceOf(last)).state.kind).toBe("idle");
  await start([last]);
  expect((await room.ask(tiny.question)).tokens.length).toBeGreaterThan(0);
});

it("to the host, a frame that it waits for from nobody: the sender is named, and a ring without it answers", async () => {
  await room.donors[1]!.evaluate(() => (globalThis.mischief = "number"));
  const { name } = await deviceOf(last);
  const { reason, message } = await endOfRing();
  expect(reason).toBe("bad-frame");
  expect(message).toContain(`${name} sent what makes no sense (`);
  expect((await deviceOf(last)).state).toEqual({ kind: "failed", reason: "bad-frame", message });
  await room.donors[0]!.evaluate(() => (globalThis.mischief = undefined));
  await start([first]);
  expect((await room.ask(tiny.question)).tokens.length).toBeGreaterThan(0);
});
