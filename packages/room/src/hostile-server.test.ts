/** A cheating server in front of the real one: it can refuse to work, and nothing else. Seeds are kept. */
import { createServer } from "@jupiter/signaling-server";
import { heldBytes } from "@jupiter/testkit/heap";
import { HostileServer } from "@jupiter/testkit/hostile-server";
import { seeded } from "@jupiter/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { deriveRoomKeys, type RoomKeys } from "./credentials.ts";
import { parseRoomLink } from "./link.ts";
import { Room, type RoomEvents } from "./room.ts";
import { open, Sealer } from "./sealing.ts";

const MiB = 2 ** 20;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function cheating(seed: number): Promise<HostileServer> {
  // The members' own rate is not what is tried here.
  const limits = { messagesPerSecond: 10_000 };
  const real = await createServer({ port: 0, host: "localhost", page: ".", models: [], limits });
  cleanups.push(() => real.close());
  const server = await HostileServer.open(real.url, seeded(seed));
  cleanups.push(() => server[Symbol.asyncDispose]());
  return server;
}

async function join(server: HostileServer, name: string, link?: string): Promise<Room> {
  const options = { signalUrl: server.url, name };
  const room = link === undefined ? await Room.open(options) : await Room.join({ ...options, link });
  cleanups.push(() => room.leave());
  return room;
}

function collect<Name extends keyof RoomEvents>(room: Room, name: Name): RoomEvents[Name][] {
  const events: RoomEvents[Name][] = [];
  room.events.on(name, (event) => events.push(event));
  return events;
}

function until(room: Room, name: keyof RoomEvents, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const off = room.events.on(name, () => {
      if (!isSo()) return;
      off();
      resolve();
    });
    if (isSo()) resolve();
  });
}

function connectedAgain(room: Room): Promise<void> {
  return new Promise((resolve) => {
    const off = room.events.on("state", ({ kind }) => {
      if (kind !== "connected") return;
      off();
      resolve();
    });
  });
}

/** A host and donors that all know one another, before any mischief. */
async function acquainted(server: HostileServer, ...names: readonly string[]): Promise<Room[]> {
  const host = await join(server, "Host");
  const rooms = [host];
  for (const name of names) rooms.push(await join(server, name, host.link));
  for (const room of rooms) await until(room, "member-joined", () => room.members.length === names.length);
  return rooms;
}

interface Word {
  readonly to: string;
  readonly n: number;
  readonly words: string;
}

describe.each([1, 2])("seed %i", (seed) => {
  test("what arrives was sent so, to this member, in this order, once; nobody joins, nobody is the host but the host", async () => {
    const server = await cheating(seed);
    const rooms = await acquainted(server, "Anna", "Ben", "Carol");
    const [host, ...donors] = rooms as [Room, Room, Room, Room];
    const names = new Map(
      rooms.map(({ self, members }, i) => [self, members.length > 0 ? ["Host", "Anna", "Ben", "Carol"][i] : ""]),
    );
    const heard = rooms.map((room) => collect(room, "signal"));
    const came = rooms.map((room) => collect(room, "member-joined"));
    const suspicions = rooms.map((room) => collect(room, "suspicious"));
    const before = heldBytes();
    server.isHostile = true;
    const say = (from: Room, to: Room, n: number) =>
      from.sendSignal(to.self, { to: to.self, n, words: "secret words" } satisfies Word).catch(() => undefined);
    for (let n = 0; n < 70; n++) {
      await Promise.all(rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => say(from, to, n))));
    }
    server.harass(200);
    server.isHostile = false;

    // It can do no lasting harm: what is sent now arrives.
    const last = (room: Room, i: number) =>
      until(room, "signal", () => heard[i]!.filter(({ payload }) => (payload as Word).n === 1000).length === 3);
    const all = Promise.all(rooms.map(last));
    await Promise.all(rooms.flatMap((from) => rooms.filter((to) => to !== from).map((to) => say(from, to, 1000))));
    await all;

    expect(server.mischiefs).toBeGreaterThan(1000);
    for (const [i, room] of rooms.entries()) {
      const newest = new Map<string, number>();
      for (const { from, payload } of heard[i]!) {
        const { to, n, words } = payload as Word;
        expect({ to, words, isKnown: names.has(from) }).toEqual({
          to: room.self,
          words: "secret words",
          isKnown: true,
        });
        expect(n).toBeGreaterThan(newest.get(from) ?? -1);
        newest.set(from, n);
      }
      for (const { peer, name, role } of [...room.members, ...came[i]!]) {
        expect({ name, role }).toEqual({ name: names.get(peer), role: peer === host.self ? "host" : "donor" });
      }
      const reasons = new Set(suspicions[i]!.map(({ reason }) => reason));
      expect([...reasons]).toEqual(expect.arrayContaining(["unreadable", "replayed", "not-in-room"]));
    }
    for (const donor of donors) expect(donor.host?.peer ?? host.self).toBe(host.self);
    const seen = Buffer.concat(server.seen).toString("latin1");
    for (const word of ["secret words", "Host", "Anna", parseRoomLink(host.link)!.secret])
      expect(seen).not.toContain(word);
    for (const list of [...heard, ...came, ...suspicions]) list.length = 0;
    server.seen.length = 0;
    expect(heldBytes() - before).toBeLessThan(24 * MiB);
  });
});

test("members that are swapped in the list that a newcomer gets are nobody to it", async () => {
  const server = await cheating(3);
  const [host] = (await acquainted(server, "Anna", "Ben")) as [Room];
  server.isHostile = true;
  const suspicious: RoomEvents["suspicious"][] = [];
  const carol = await join(server, "Carol", host.link);
  carol.events.on("suspicious", (event) => suspicious.push(event));
  expect(carol.members).toEqual([]);
  expect(carol.host).toBeNull();
});

test("a removed member, hand in hand with the server, neither reads, nor comes back, nor poses as anyone", async () => {
  const server = await cheating(4);
  const rooms = await acquainted(server, "Anna", "Ben", "Eve");
  const [host, anna, ben, eve] = rooms as [Room, Room, Room, Room];
  const oldKeys = await deriveRoomKeys(parseRoomLink(eve.link)!.secret);
  const stay = [host, anna, ben];
  const followed = stay.map(connectedAgain);
  const secret = await host.expel(eve.self);
  await Promise.all([anna.follow(secret, eve.self), ben.follow(secret, eve.self)]);
  await Promise.all(followed);
  server.seen.length = 0;
  const heard = stay.map((room) => collect(room, "signal"));
  const came = stay.map((room) => collect(room, "member-joined"));

  // It reads nothing of what is said now, whatever it takes the message for.
  const arrived = until(ben, "signal", () => heard[2]!.length === 1);
  await anna.sendSignal(ben.self, { words: "about Eve" });
  await arrived;
  const { room: newRoom } = await deriveRoomKeys(secret);
  const asNow: RoomKeys = { room: newRoom, sealKey: oldKeys.sealKey };
  expect(server.seen.length).toBeGreaterThan(0);
  for (const sealed of server.seen) {
    for (const keys of [oldKeys, asNow])
      for (const from of stay)
        await expect(open(keys, from.self, ben.self, sealed)).rejects.toMatchObject({ reason: "unreadable" });
  }

  // The server tells it the new room's id, and delivers what it seals with the key that it knows.
  const poses = [eve.self, host.self, anna.self];
  const before = heard.map(({ length }) => length);
  const suspicious = collect(ben, "suspicious");
  for (const keys of [oldKeys, asNow]) {
    for (const peer of poses) {
      const sealer = new Sealer(keys, peer, null);
      server.deliver(ben.self, "joined", {
        peer,
        hello: await sealer.seal("*", { role: "donor", name: "Eve", openedAtMs: Date.now() }),
      });
      for (let i = 0; i < 5; i++) await sealer.seal(ben.self, {});
      server.deliver(ben.self, "relay", { from: peer, sealed: await sealer.seal(ben.self, { words: "of Eve" }) });
    }
  }
  await until(ben, "suspicious", () => suspicious.length === 2 * 2 * poses.length);
  expect(heard.map(({ length }) => length)).toEqual(before);
  expect(came.flat()).toEqual([]);
  expect(new Set(suspicious.map(({ reason }) => reason))).toEqual(new Set(["unreadable", "not-in-room"]));
  expect(ben.members.map(({ name }) => name).toSorted()).toEqual(["Anna", "Host"]);
  expect(ben.host?.peer).toBe(host.self);
});
