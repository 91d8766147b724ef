import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Member, type PeerId, type RelayRequest, SIGNALING_LIMITS } from "@jupiter/protocol";
import { createServer } from "@jupiter/signaling-server";
import { Server, type Socket } from "socket.io";
import { afterEach, describe, expect, test } from "vitest";
import { createRoomCredentials, createRoomSecret, deriveRoomKeys, type RoomCredentials } from "./credentials.ts";
import { encodeRoomLink, parseRoomLink } from "./link.ts";
import { Room, type RoomEvents } from "./room.ts";
import { Sealer } from "./sealing.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The real server, on any free port. */
async function honestServer(port = 0) {
  const server = await createServer({ port, host: "127.0.0.1", page: ".", models: [] });
  cleanups.push(() => server.close());
  return { server, signalUrl: `http://127.0.0.1:${server.port}` };
}

/**
 * A server that does as the test tells it: one room, every delivery by hand. "news at once": to a newcomer everyone else has come right behind
 * it, in the same breath. "late": it lists members only together with the first message.
 */
async function hostileServer(lists: "members" | "news at once" | "late" = "members") {
  const http = createHttpServer();
  const io = new Server(http);
  const sockets = new Map<PeerId, Socket>();
  const members: Member[] = [];
  const relayed: { from: PeerId; to: PeerId; sealed: Uint8Array }[] = [];
  const late = new Map<PeerId, () => void>();
  io.on("connection", (socket) => {
    let peer: PeerId;
    socket.on("join", (request: Member, ack: (answer: unknown) => void) => {
      peer = request.peer;
      const present = lists === "news at once" ? [] : [...members];
      if (lists === "late" && present.length > 0) late.set(peer, () => ack({ ok: true, members: present }));
      else ack({ ok: true, members: present });
      if (lists === "news at once") for (const member of members) socket.emit("joined", member);
      members.push({ peer, hello: request.hello });
      sockets.set(peer, socket);
      socket.broadcast.emit("joined", { peer, hello: request.hello });
    });
    socket.on("relay", ({ to, sealed }: RelayRequest, ack: (answer: unknown) => void) => {
      relayed.push({ from: peer, to, sealed });
      ack({ ok: true });
      if (!late.has(to)) return;
      // In one tick, and so in one answer to a poll.
      late.get(to)!();
      sockets.get(to)!.emit("relay", { from: peer, sealed });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => io.close());
  const signalUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    signalUrl,
    members,
    relayed,
    emit: (to: PeerId, name: string, event: unknown) => sockets.get(to)!.emit(name, event),
  };
}

async function openRoom(signalUrl: string, credentials?: Awaited<ReturnType<typeof createRoomCredentials>>) {
  const room = await Room.open({ signalUrl, name: "Host", ...(credentials ? { credentials } : {}) });
  cleanups.push(() => room.leave());
  return room;
}

async function joinRoom(signalUrl: string, link: string, name = "Phone") {
  const room = await Room.join({ signalUrl, name, link });
  cleanups.push(() => room.leave());
  return room;
}

function next<Name extends keyof RoomEvents>(
  room: Room,
  name: Name,
  wanted: (event: RoomEvents[Name]) => boolean = () => true,
): Promise<RoomEvents[Name]> {
  return new Promise((resolve) => {
    const off = room.events.on(name, (event) => {
      if (!wanted(event)) return;
      off();
      resolve(event);
    });
  });
}

function collect<Name extends keyof RoomEvents>(room: Room, name: Name): RoomEvents[Name][] {
  const events: RoomEvents[Name][] = [];
  room.events.on(name, (event) => events.push(event));
  return events;
}

/** Until every one of these sees all others. */
async function allKnow(...rooms: readonly Room[]): Promise<void> {
  for (const room of rooms) {
    while (room.members.length < rooms.length - 1) await next(room, "member-joined");
  }
}

async function allGone(room: Room): Promise<void> {
  while (room.members.length > 0) await next(room, "member-left");
}

describe("with an honest server", () => {
  test("as many as a room holds see one another, and one more is told that it is full", async () => {
    const { signalUrl } = await honestServer();
    const rooms = [await openRoom(signalUrl)];
    const { link } = rooms[0]!;
    while (rooms.length < SIGNALING_LIMITS.membersPerRoom) rooms.push(await joinRoom(signalUrl, link));
    await expect.poll(() => rooms.map(({ members }) => members.length)).toEqual(rooms.map(() => rooms.length - 1));
    await expect(joinRoom(signalUrl, link)).rejects.toThrow("This room holds 64 devices");
  });

  test("host and donors see each other, exchange signals in order, and see who leaves", async () => {
    const { signalUrl } = await honestServer();
    const host = await openRoom(signalUrl);
    const joined = next(host, "member-joined");
    const phone = await joinRoom(signalUrl, `https://example.org/${host.link}`);
    expect(await joined).toMatchObject({ peer: phone.self, role: "donor", name: "Phone" });
    expect(phone.host).toMatchObject({ peer: host.self, name: "Host" });
    const laptop = await joinRoom(signalUrl, host.link, "Laptop");
    expect(laptop.members.map(({ name }) => name)).toEqual(["Host", "Phone"]);

    const atPhone = collect(phone, "signal");
    const last = next(phone, "signal", ({ payload }) => (payload as { n: number }).n === 9);
    await Promise.all(Array.from({ length: 10 }, (_, n) => host.sendSignal(phone.self, { n })));
    await last;
    expect(atPhone).toEqual(Array.from({ length: 10 }, (_, n) => ({ from: host.self, payload: { n } })));

    const answer = next(host, "signal");
    await phone.sendSignal(host.self, { sdp: "answer" });
    expect(await answer).toEqual({ from: phone.self, payload: { sdp: "answer" } });
    const between = next(laptop, "signal");
    await phone.sendSignal(laptop.self, { to: "laptop" });
    expect(await between).toEqual({ from: phone.self, payload: { to: "laptop" } });

    const left = next(host, "member-left");
    phone.leave();
    expect((await left).peer).toBe(phone.self);
    expect(host.members.map(({ name }) => name)).toEqual(["Laptop"]);
    await expect(host.sendSignal(phone.self, {})).rejects.toMatchObject({ reason: "no-such-peer" });
    await expect(phone.sendSignal(host.self, {})).rejects.toMatchObject({ reason: "closed" });
    await expect(host.sendSignal(laptop.self, { big: "x".repeat(70_000) })).rejects.toMatchObject({
      reason: "too-large",
    });
  });

  test("who joins right behind a member is not taken for gone by the list that the member gets", async () => {
    const { signalUrl } = await hostileServer("news at once");
    const host = await openRoom(signalUrl);
    const anna = await joinRoom(signalUrl, host.link, "Anna");
    await expect.poll(() => anna.members.map(({ name }) => name)).toEqual(["Host"]);
  });

  test("after the server was away, members find each other again under the same ids", async () => {
    const { server, signalUrl } = await honestServer();
    const host = await openRoom(signalUrl);
    const phone = await joinRoom(signalUrl, host.link);
    const away = [next(host, "state"), next(phone, "state")];
    await server.close();
    expect((await Promise.all(away)).map(({ kind }) => kind)).toEqual(["reconnecting", "reconnecting"]);
    await expect(host.sendSignal(phone.self, {})).rejects.toMatchObject({ reason: "offline" });
    const back = [host, phone].map((room) => next(room, "state", ({ kind }) => kind === "connected"));
    const suspicious = [host, phone].map((room) => collect(room, "suspicious"));
    const both = new Promise<void>((resolve) => {
      const check = () => {
        if (host.members.length === 1 && phone.members.length === 1) resolve();
      };
      for (const room of [host, phone]) room.events.on("member-joined", check);
      void Promise.all(back).then(check);
    });
    await honestServer(server.port);
    await Promise.all(back);
    await both;
    const signal = next(phone, "signal");
    await host.sendSignal(phone.self, { again: true });
    expect(await signal).toEqual({ from: host.self, payload: { again: true } });
    expect(suspicious).toEqual([[], []]);
  });

  test("a host that reloads has the same link; donors follow the tab opened later", async () => {
    const { signalUrl } = await honestServer();
    const first = await openRoom(signalUrl);
    const phone = await joinRoom(signalUrl, first.link);
    const credentials = JSON.parse(JSON.stringify(first.credentials)) as RoomCredentials;
    const joined = next(phone, "member-joined");
    const second = await openRoom(signalUrl, credentials);
    expect(second.link).toBe(first.link);
    await joined;
    expect(phone.host?.peer).toBe(second.self);
  });

  test("under another secret all that follow find one another again, and the removed one is alone", async () => {
    const { signalUrl } = await honestServer();
    const host = await openRoom(signalUrl);
    const [phone, laptop, eve] = [
      await joinRoom(signalUrl, host.link),
      await joinRoom(signalUrl, host.link, "Laptop"),
      await joinRoom(signalUrl, host.link, "Eve"),
    ];
    await allKnow(host, phone, laptop, eve);
    const before = host.link;
    const rooms = [host, phone, laptop];
    const joined = collect(host, "member-joined");
    const left = collect(host, "member-left");
    const suspicious = [...rooms, eve].map((room) => collect(room, "suspicious"));
    const emptied = allGone(eve);
    const followed = rooms.map((room) => next(room, "state", ({ kind }) => kind === "connected"));
    const secret = await host.expel(eve.self);
    await Promise.all([phone, laptop].map((room) => room.follow(secret, eve.self)));
    expect(new Set(rooms.map(({ link }) => link)).size).toBe(1);
    expect(host.link).not.toBe(before);
    expect(host.credentials).toMatchObject({ secret });
    await Promise.all([emptied, ...followed]);
    for (const [from, to] of [
      [host, phone],
      [phone, laptop],
      [laptop, host],
    ] as const) {
      const signal = next(to, "signal");
      await from.sendSignal(to.self, { hello: true });
      expect((await signal).from).toBe(from.self);
    }
    // Those that stay never left, as the host sees it, which moved first.
    expect(joined).toEqual([]);
    expect(left.map(({ name }) => name)).toEqual(["Eve"]);
    expect(suspicious).toEqual([[], [], [], []]);

    const again = await joinRoom(signalUrl, before, "Eve again");
    expect(again.host).toBeNull();
    const newcomer = next(host, "member-joined");
    await joinRoom(signalUrl, phone.link, "New");
    expect(await newcomer).toMatchObject({ name: "New" });
    const reopened = await openRoom(signalUrl, host.credentials!);
    expect(reopened.link).toBe(host.link);
    await expect(phone.follow("short", eve.self)).rejects.toMatchObject({ reason: "bad-link" });
  });

  test("one that does not follow is missed after a while", async () => {
    const { signalUrl } = await honestServer();
    const host = await Room.open({ signalUrl, name: "Host", absenceMs: 50 });
    cleanups.push(() => host.leave());
    const [phone, eve] = [await joinRoom(signalUrl, host.link), await joinRoom(signalUrl, host.link, "Eve")];
    await allKnow(host, phone, eve);
    await host.expel(eve.self);
    expect(host.members.map(({ name }) => name)).toEqual(["Phone"]);
    expect(await next(host, "member-left")).toMatchObject({ name: "Phone" });
  });

  test("what is said before leaving arrives", async () => {
    const { signalUrl } = await honestServer();
    for (let i = 0; i < 10; i++) {
      const host = await openRoom(signalUrl);
      const phone = await joinRoom(signalUrl, host.link);
      await allKnow(host, phone);
      const heard = next(phone, "signal");
      void host.sendSignal(phone.self, { last: "words" });
      host.leave();
      expect(await heard).toMatchObject({ payload: { last: "words" } });
    }
  });

  test("two rooms on one server do not see each other, and what one seals the other cannot open", async () => {
    const { signalUrl } = await honestServer();
    const [one, other] = [await openRoom(signalUrl), await openRoom(signalUrl)];
    const seen = [collect(other, "member-joined"), collect(other, "suspicious")];
    const phone = await joinRoom(signalUrl, one.link);
    expect(phone.members.map(({ peer }) => peer)).toEqual([one.self]);
    await expect(phone.sendSignal(other.self, {})).rejects.toMatchObject({ reason: "no-such-peer" });
    await expect(other.sendSignal(phone.self, {})).rejects.toMatchObject({ reason: "no-such-peer" });
    expect(seen).toEqual([[], []]);
    expect(other.members).toEqual([]);
  });

  test("a refusal and an absent server reject with a reason", async () => {
    const { server, signalUrl } = await honestServer();
    const link = encodeRoomLink(await someLink());
    const aborted = Room.join({ signalUrl, name: "Phone", link, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ reason: "aborted" });
    await expect(Room.join({ signalUrl, name: "", link })).rejects.toMatchObject({ reason: "bad-message" });
    await server.close();
    await expect(Room.join({ signalUrl, name: "Phone", link, timeoutMs: 50 })).rejects.toMatchObject({
      reason: "unreachable",
    });
  });
});

describe("with a hostile server", () => {
  async function pair() {
    const server = await hostileServer();
    const host = await openRoom(server.signalUrl);
    const joined = next(host, "member-joined");
    const phone = await joinRoom(server.signalUrl, host.link);
    await joined;
    return { server, host, phone, signals: collect(phone, "signal"), suspicious: collect(phone, "suspicious") };
  }
  test("what comes together with the list of members is not too early", async () => {
    const { signalUrl } = await hostileServer("late");
    const host = await openRoom(signalUrl);
    host.events.on("member-joined", ({ peer }) => void host.sendSignal(peer, { hello: true }));
    const phone = await joinRoom(signalUrl, host.link);
    const suspicious = collect(phone, "suspicious");
    expect(await next(phone, "signal")).toEqual({ from: host.self, payload: { hello: true } });
    expect(suspicious).toEqual([]);
  });

  const suspicion = (room: Room) => next(room, "suspicious");

  test("it can deliver a message once; altered, repeated, redirected or late it is dropped and reported", async () => {
    const { server, host, phone, signals } = await pair();
    const laptop = await joinRoom(server.signalUrl, host.link, "Laptop");
    await host.sendSignal(phone.self, { n: 1 });
    await host.sendSignal(phone.self, { n: 2 });
    await phone.sendSignal(host.self, { n: 3 });
    const [one, two, reverse] = server.relayed;
    const from = host.self;
    for (let at = 0; at < two!.sealed.length; at += 13) {
      const altered = Uint8Array.from(two!.sealed);
      altered[at]! ^= 1;
      const reported = suspicion(phone);
      server.emit(phone.self, "relay", { from, sealed: altered });
      expect(await reported).toMatchObject({ from, reason: "unreadable" });
    }
    const delivered = next(phone, "signal");
    server.emit(phone.self, "relay", { from, sealed: two!.sealed });
    await delivered;
    for (const [sealed, reason] of [
      [two!.sealed, "replayed"],
      [one!.sealed, "replayed"],
      [reverse!.sealed, "unreadable"],
      [new Uint8Array(3), "unreadable"],
    ] as const) {
      const reported = suspicion(phone);
      server.emit(phone.self, "relay", { from, sealed });
      expect(await reported).toMatchObject({ from, reason });
    }
    const misdirected = suspicion(laptop);
    server.emit(laptop.self, "relay", { from, sealed: two!.sealed });
    expect(await misdirected).toMatchObject({ reason: "unreadable" });
    const otherSender = suspicion(phone);
    server.emit(phone.self, "relay", { from: laptop.self, sealed: two!.sealed });
    expect(await otherSender).toMatchObject({ from: laptop.self, reason: "unreadable" });
    const stranger = suspicion(phone);
    server.emit(phone.self, "relay", { from: "stranger1", sealed: two!.sealed });
    expect(await stranger).toMatchObject({ reason: "not-in-room" });
    const nonsense = suspicion(phone);
    server.emit(phone.self, "relay", { from: "x" });
    expect(await nonsense).toMatchObject({ from: null, reason: "bad-message" });
    expect(signals).toEqual([{ from, payload: { n: 2 } }]);
  });

  test("it can invent no member, and no member comes twice from one joining", async () => {
    const { server, host, phone } = await pair();
    const hello = server.members.find(({ peer }) => peer === host.self)!.hello;
    server.emit(phone.self, "left", { peer: host.self });
    for (const [event, reason] of [
      [{ peer: host.self, hello }, "replayed"],
      [{ peer: "someone-else", hello }, "unreadable"],
      [{ peer: "someone-else", hello: new Uint8Array(40) }, "unreadable"],
    ] as const) {
      const reported = suspicion(phone);
      server.emit(phone.self, "joined", event);
      expect(await reported).toMatchObject({ from: event.peer, reason });
    }
    expect(phone.members).toEqual([]);
  });

  test("a wrong key neither reads nor joins", async () => {
    const { server, host, phone } = await pair();
    const { room } = await deriveRoomKeys(parseRoomLink(host.link)!.secret);
    const wrong = { room, sealKey: (await deriveRoomKeys(createRoomSecret())).sealKey };
    const spy = "spy-00000" as PeerId;
    const sealer = new Sealer(wrong, spy, null);
    const hello = await sealer.seal("*", { role: "donor", name: "Spy", openedAtMs: 1 });
    const reported = suspicion(phone);
    server.emit(phone.self, "joined", { peer: spy, hello });
    expect(await reported).toMatchObject({ from: spy, reason: "unreadable" });
    expect(phone.members.map(({ peer }) => peer)).toEqual([host.self]);
    const text = Buffer.concat(server.members.map((member) => Buffer.from(member.hello))).toString("latin1");
    expect(text).not.toContain("Host");
  });

  test("with the room's key alone nobody is the host", async () => {
    const { server, host, phone, signals } = await pair();
    const { secret } = parseRoomLink(host.link)!;
    const keys = await deriveRoomKeys(secret);
    // In the host's own name, unsigned: as a member could that has the server's help.
    const asHost = new Sealer(keys, host.self, null);
    for (let i = 0; i < 5; i++) await asHost.seal(phone.self, {});
    const forged = suspicion(phone);
    server.emit(phone.self, "relay", { from: host.self, sealed: await asHost.seal(phone.self, { evil: true }) });
    expect(await forged).toMatchObject({ from: host.self, reason: "forged" });
    // As a donor in the host's place.
    const demoted = suspicion(phone);
    const asDonor = await asHost.seal("*", { role: "donor", name: "Host", openedAtMs: 1 });
    server.emit(phone.self, "joined", { peer: host.self, hello: asDonor });
    expect(await demoted).toMatchObject({ from: host.self, reason: "forged" });
    // As a second host with a key of its own.
    const own = await createRoomCredentials();
    const usurper = Room.open({ signalUrl: server.signalUrl, name: "Host", credentials: { ...own, secret } });
    const refused = suspicion(phone);
    const room = await usurper;
    cleanups.push(() => room.leave());
    expect(await refused).toMatchObject({ from: room.self, reason: "forged" });
    expect(phone.host?.peer).toBe(host.self);
    expect(signals).toEqual([]);
  });
});

async function someLink() {
  const secret = createRoomSecret();
  return { room: (await deriveRoomKeys(secret)).room, secret, hostFingerprint: createRoomSecret() };
}

describe("links", () => {
  test("a link carries its room; other addresses carry none; a link cut short says so", async () => {
    const link = await someLink();
    const text = encodeRoomLink(link);
    expect(parseRoomLink(`http://localhost:8080/?auto${text}`)).toEqual(link);
    for (const end of [".", ">", ").", "”"]) expect(parseRoomLink(text + end)).toEqual(link);
    expect(parseRoomLink("http://localhost:8080/")).toBeNull();
    expect(parseRoomLink("http://localhost:8080/?r=x#help")).toBeNull();
    for (let length = text.length - 1; length > 5; length -= 7) {
      expect(() => parseRoomLink(text.slice(0, length))).toThrow(expect.objectContaining({ reason: "bad-link" }));
    }
    const mistyped = text.replace(`k=${link.secret}`, `k=${createRoomSecret()}`);
    const joining = Room.join({ signalUrl: "http://127.0.0.1:9", name: "Phone", link: mistyped });
    await expect(joining).rejects.toMatchObject({ reason: "bad-link" });
  });

  test("room ids of the same secret are equal, and say nothing of another's", async () => {
    const secret = createRoomSecret();
    const [a, b, c] = await Promise.all([secret, secret, createRoomSecret()].map(deriveRoomKeys));
    expect(a!.room).toBe(b!.room);
    expect(a!.room).not.toBe(c!.room);
    expect(secret).toHaveLength(22);
  });
});
