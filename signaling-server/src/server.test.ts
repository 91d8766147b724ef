import { createHmac } from "node:crypto";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TurnEvent } from "@jupiter/protocol";
import { io, type Socket } from "socket.io-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { staticPolicy } from "./content-security.mjs";
import { createServer, type RunningServer } from "./server.ts";

let folder: string;
let server: RunningServer;
let nowMs = 0;
const sockets: Socket[] = [];

const room = (n: number) => `room-number-${n}-of-the-test`;
const peer = (n: number) => `peer-id-${n}`;
const bytes = (...values: number[]) => Uint8Array.from(values);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "jupiter-server-"));
  await mkdir(join(folder, "page/assets"), { recursive: true });
  await mkdir(join(folder, "models"));
  await writeFile(join(folder, "page/index.html"), "<!doctype html><title>Jupiter</title>");
  await writeFile(join(folder, "page/assets/app.js"), "export {};");
  await writeFile(join(folder, "page/.secret"), "hidden");
  await writeFile(join(folder, "models/tiny.gguf"), Buffer.from("0123456789"));
  await writeFile(join(folder, "outside.txt"), "outside");
  nowMs = 0;
  server = await createServer({
    port: 0,
    page: join(folder, "page"),
    models: [join(folder, "models")],
    limits: { rooms: 2, membersPerRoom: 3, messagesPerSecond: 10 },
    nowMs: () => nowMs,
  });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await server.close();
  await rm(folder, { recursive: true });
});

/** A tab: connected, with the events it was sent. */
async function tab(
  options: { origin?: string } = {},
): Promise<{ socket: Socket; next: (event: string) => Promise<unknown> }> {
  const extraHeaders = options.origin === undefined ? {} : { Origin: options.origin };
  const socket = io(server.url, { reconnection: false, forceNew: true, extraHeaders, transports: ["websocket"] });
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return { socket, next: (event) => new Promise((resolve) => socket.once(event, resolve)) };
}

const join_ = (socket: Socket, r: number, p: number): Promise<unknown> =>
  socket.emitWithAck("join", { version: 1, room: room(r), peer: peer(p), hello: bytes(p) });

describe("rooms", () => {
  it("tells a newcomer who is there, those there who came, and passes sealed bytes on unchanged", async () => {
    const [a, b] = [await tab(), await tab()];
    expect(await join_(a.socket, 1, 1)).toEqual({ ok: true, members: [] });
    const joined = a.next("joined");
    expect(await join_(b.socket, 1, 2)).toMatchObject({ ok: true, members: [{ peer: peer(1) }] });
    expect(await joined).toMatchObject({ peer: peer(2) });
    const relayed = a.next("relay");
    expect(await b.socket.emitWithAck("relay", { to: peer(1), sealed: bytes(7, 8, 9) })).toEqual({ ok: true });
    const event = (await relayed) as { from: string; sealed: Uint8Array };
    expect(event.from).toBe(peer(2));
    expect([...event.sealed]).toEqual([7, 8, 9]);
    const left = a.next("left");
    b.socket.disconnect();
    expect(await left).toEqual({ peer: peer(2) });
  });

  it("answers a join again whose answer was lost, and tells nobody of it", async () => {
    const [a, b] = [await tab(), await tab()];
    await join_(a.socket, 1, 1);
    const told: unknown[] = [];
    a.socket.on("joined", (member) => told.push(member));
    a.socket.on("left", (member) => told.push(member));
    await join_(b.socket, 1, 2);
    expect(await join_(b.socket, 1, 2)).toMatchObject({ ok: true, members: [{ peer: peer(1) }] });
    expect(await join_(a.socket, 1, 1)).toMatchObject({ ok: true, members: [{ peer: peer(2) }] });
    expect(await b.socket.emitWithAck("relay", { to: peer(1), sealed: bytes(1) })).toEqual({ ok: true });
    expect(told).toHaveLength(1);
  });

  it("keeps rooms apart", async () => {
    const [a, b] = [await tab(), await tab()];
    await join_(a.socket, 1, 1);
    await join_(b.socket, 2, 2);
    expect(await b.socket.emitWithAck("relay", { to: peer(1), sealed: bytes(1) })).toMatchObject({
      ok: false,
      reason: "no-such-peer",
    });
  });

  it("refuses with the reason that fits", async () => {
    const [a, b, c, d, e] = [await tab(), await tab(), await tab(), await tab(), await tab()];
    expect(await a.socket.emitWithAck("relay", { to: peer(1), sealed: bytes(1) })).toMatchObject({
      reason: "not-in-room",
    });
    expect(
      await a.socket.emitWithAck("join", { version: 1, room: "short", peer: peer(1), hello: bytes() }),
    ).toMatchObject({ reason: "bad-message" });
    expect(
      await a.socket.emitWithAck("join", { version: 1, room: room(1), peer: peer(1), hello: new Uint8Array(4097) }),
    ).toMatchObject({ reason: "too-large" });
    expect(await a.socket.emitWithAck("join", null)).toMatchObject({ reason: "bad-message" });
    await join_(a.socket, 1, 1);
    expect(await join_(a.socket, 2, 9)).toMatchObject({ reason: "bad-message" });
    expect(await join_(b.socket, 1, 1)).toMatchObject({ reason: "peer-taken" });
    await join_(b.socket, 1, 2);
    await join_(c.socket, 1, 3);
    expect(await join_(d.socket, 1, 4)).toMatchObject({ reason: "room-full" });
    // Its old connection may be dead: it is to try again, in a full room too.
    expect(await join_(d.socket, 1, 3)).toMatchObject({ reason: "peer-taken" });
    await join_(d.socket, 2, 4);
    expect(await join_(e.socket, 3, 5)).toMatchObject({ reason: "too-many-rooms" });
    d.socket.disconnect();
    await expect.poll(async () => (await join_(e.socket, 3, 5)) as object).toMatchObject({ ok: true });
    expect(await b.socket.emitWithAck("relay", { to: peer(1), sealed: new Uint8Array(65_537) })).toMatchObject({
      reason: "too-large",
    });
  });

  it("slows a flooding member down, and lets it go on later", async () => {
    const a = await tab();
    await join_(a.socket, 1, 1);
    const answers = await Promise.all(
      Array.from(
        { length: 30 },
        () => a.socket.emitWithAck("relay", { to: peer(9), sealed: bytes(1) }) as Promise<{ reason: string }>,
      ),
    );
    const reasons = answers.map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === "no-such-peer")).toHaveLength(19); // a burst of 20, one of them the join
    expect(reasons.slice(19).every((reason) => reason === "too-fast")).toBe(true);
    nowMs += 1000;
    expect(await a.socket.emitWithAck("relay", { to: peer(9), sealed: bytes(1) })).toMatchObject({
      reason: "no-such-peer",
    });
  });

  it("refuses pages of other origins, and says goodbye when it stops", async () => {
    await expect(tab({ origin: "https://elsewhere.example" })).rejects.toThrow();
    const a = await tab({ origin: server.url.slice(0, -1) });
    const refused = a.next("refused");
    const gone = a.next("disconnect");
    await server.close();
    expect(await refused).toMatchObject({ reason: "shutting-down" });
    await gone;
    server = await createServer({ port: 0, page: folder, models: [] });
  });
});

it("closes although tabs go on asking over the connections that they have", async () => {
  const other = await createServer({ port: 0, page: join(folder, "page"), models: [] });
  const agent = new Agent({ keepAlive: true });
  /** False: it was refused. */
  const ask = () =>
    new Promise<boolean>((resolve) => {
      const request = httpRequest(other.url, { agent }, (response) => response.resume().on("end", () => resolve(true)));
      request.on("error", () => resolve(false)).end();
    });
  const tabs = Array.from({ length: 4 }, async () => {
    while (await ask());
  });
  await ask();
  await other.close();
  await Promise.all(tabs);
  agent.destroy();
});

describe("a TURN server", () => {
  const turn = { urls: ["turn:turn.example:3478"], secret: "shared", lifetimeSeconds: 0.2 };

  it("is told to members only, with a password that the shared secret proves, and again before that lapses", async () => {
    await server.close();
    server = await createServer({ port: 0, page: folder, models: [], turn });
    const [a, outsider] = [await tab(), await tab()];
    const told: unknown[] = [];
    outsider.socket.on("turn", (event) => told.push(event));
    const first = a.next("turn");
    await join_(a.socket, 1, 1);
    const { urls, username, credential } = (await first) as TurnEvent;
    expect(urls).toEqual(turn.urls);
    const [until = "", ...name] = username.split(":");
    expect(name).toEqual([peer(1)]);
    expect(Math.abs(Number(until) - Date.now() / 1000)).toBeLessThan(60);
    expect(credential).toBe(createHmac("sha1", "shared").update(username).digest("base64"));
    expect(await a.next("turn")).toMatchObject({ urls });
    expect(told).toEqual([]);
  });
});

describe("files", () => {
  const get = (path: string, headers: Record<string, string> = {}) => fetch(new URL(path, server.url), { headers });

  it("serves the page isolated, assets forever, and nothing that is not there", async () => {
    const page = await get("/");
    expect(await page.text()).toContain("<title>Jupiter");
    expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(page.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect((await get("/assets/app.js")).headers.get("cache-control")).toContain("immutable");
    expect((await get("/assets/")).status).toBe(404);
    expect((await get("/nothing")).status).toBe(404);
    expect((await get("/.secret")).status).toBe(404);
    expect((await fetch(server.url, { method: "POST" })).status).toBe(405);
    expect(await (await get("/healthz")).json()).toEqual({ ok: true, rooms: 0, members: 0 });
  });

  it.each([
    "/../outside.txt",
    "/%2e%2e/outside.txt",
    "/assets/..%2f..%2foutside.txt",
    "/models/..%2foutside.txt",
    "/models/%2e%2e",
    "/%00",
    "/%zz",
  ])("never leaves its folders: %s", async (path) => {
    // fetch() would tidy the path before sending it.
    const status = await new Promise<number>((resolve, reject) => {
      httpRequest({ port: server.port, host: "localhost", path }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });
    expect(status).toBe(404);
  });

  it("lists models, with an address that changes with the file", async () => {
    const list = (await (await get("/models/")).json()) as { file: string; sizeBytes: number; url: string }[];
    expect(list).toEqual([
      { file: "tiny.gguf", sizeBytes: 10, url: expect.stringMatching(/^\/models\/tiny\.gguf\?v=\w+$/) },
    ]);
    expect(await (await get(list[0]?.url ?? "")).text()).toBe("0123456789");
  });

  it("lists models to pages of listed origins, gives their bytes to any, and both to isolated pages", async () => {
    await server.close();
    const [listed, other] = ["https://page.example", "https://other.example"];
    server = await createServer({ port: 0, page: folder, models: [join(folder, "models")], origins: [listed] });
    const allowed = async (path: string, Origin: string) =>
      (await get(path, { Origin })).headers.get("access-control-allow-origin");
    expect([await allowed("/models/", listed), await allowed("/models/", other)]).toEqual([listed, null]);
    expect(await allowed("/models/tiny.gguf", other)).toBe("*");
    for (const path of ["/models/", "/models/tiny.gguf"])
      expect((await get(path)).headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect((await get("/index.html")).headers.get("cross-origin-resource-policy")).toBe("same-origin");
  });

  it("lets the page talk to this server alone, and its worker to any that has https", async () => {
    const connects = async (path: string) =>
      /connect-src [^;]*/.exec((await get(path)).headers.get("content-security-policy") ?? "")?.[0];
    expect(await connects("/")).toBe("connect-src 'self'");
    expect(await connects("/assets/app.js")).toBe("connect-src 'self' https:");
    expect(staticPolicy("https://ring.example")).toContain(
      "connect-src 'self' https://ring.example wss://ring.example;",
    );
  });

  it("no path leads elsewhere than it says, and so to another policy", async () => {
    for (const path of ["/assets/..%2findex.html", "/models/..%2findex.html", "/%2e%2e%2findex.html"])
      expect((await get(path)).status).toBe(404);
  });

  it("gives the page's files in gzip to whoever takes it, models never", async () => {
    const script = "export const words = 'again and again';\n".repeat(200);
    await writeFile(join(folder, "page/app.js"), script);
    await writeFile(join(folder, "models/large.gguf"), script);
    const asked = async (path: string, encoding: string) => {
      const answer = await get(path, { "Accept-Encoding": encoding });
      const { headers } = answer;
      return {
        text: await answer.text(), // fetch unpacks it
        coding: headers.get("content-encoding"),
        sizeBytes: Number(headers.get("content-length")),
        etag: headers.get("etag") ?? "",
      };
    };
    const packed = await asked("/app.js", "br, gzip");
    const plain = await asked("/app.js", "gzip;q=0, identity");
    expect([packed.text, packed.coding, plain.text, plain.coding]).toEqual([script, "gzip", script, null]);
    expect(packed.sizeBytes).toBeLessThan(plain.sizeBytes / 10);
    expect(packed.etag).not.toBe(plain.etag);
    expect((await get("/app.js", { "Accept-Encoding": "gzip", "If-None-Match": packed.etag })).status).toBe(304);
    expect((await asked("/models/large.gguf", "gzip")).coding).toBeNull();
  });

  it("gives byte ranges of models", async () => {
    const part = await get("/models/tiny.gguf", { Range: "bytes=2-4" });
    expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([206, "234", "bytes 2-4/10"]);
    expect(part.headers.get("cache-control")).toContain("immutable");
    expect(await (await get("/models/tiny.gguf", { Range: "bytes=-3" })).text()).toBe("789");
    expect(await (await get("/models/tiny.gguf", { Range: "bytes=8-99" })).text()).toBe("89");
    expect((await get("/models/tiny.gguf", { Range: "bytes=10-" })).status).toBe(416);
    expect((await get("/models/tiny.gguf", { Range: "bytes=0-1,4-5" })).status).toBe(200);
    expect((await get("/models/tiny.gguf", { Range: "bytes=0-1", "If-Range": '"old"' })).status).toBe(200);
    const head = await fetch(new URL("/models/tiny.gguf", server.url), { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
    const etag = head.headers.get("etag") ?? "";
    expect((await get("/models/tiny.gguf", { "If-None-Match": etag })).status).toBe(304);
  });
});
