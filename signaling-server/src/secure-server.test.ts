/** The same rooms by http and by https, as a host at `localhost` and phones on the network come. */
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { localIdentity, type LocalIdentity } from "./certificates.ts";
import { createServer, type RunningServer } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-https-"));
const sockets: Socket[] = [];
let identity: LocalIdentity;
let server: RunningServer;

beforeAll(async () => {
  identity = await localIdentity({ folder, names: ["localhost"] });
  const secure = { ...identity, port: 0, host: "localhost", names: ["localhost"] };
  server = await createServer({ port: 0, page: folder, models: [], secure });
});

afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  await server.close();
  rmSync(folder, { recursive: true });
});

const secureUrl = () => server.secureUrls[0] ?? "";

/** As a browser on which the authority is trusted. */
function get(path: string): Promise<{ status: number | undefined; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(`${secureUrl()}${path}`, { ca: identity.authority }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], body }));
    })
      .once("error", reject)
      .end();
  });
}

async function join_(url: string, peer: string, transports: string[]): Promise<Socket> {
  const socket = io(url, { reconnection: false, forceNew: true, transports, ca: identity.authority });
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
  const joining = { version: 1, room: "room-number-1-of-the-test", peer, hello: Uint8Array.of(1) };
  expect(await socket.emitWithAck("join", joining)).toMatchObject({ ok: true });
  return socket;
}

it("both ways lead to the same room, one of them by long polling alone", async () => {
  const host = await join_(server.url, "peer-id-host", ["websocket"]);
  const joined = new Promise((resolve) => host.once("joined", resolve));
  const phone = await join_(secureUrl(), "peer-id-phone", ["polling"]);
  expect(await joined).toMatchObject({ peer: "peer-id-phone" });
  const relayed = new Promise((resolve) => phone.once("relay", resolve));
  await host.emitWithAck("relay", { to: "peer-id-phone", sealed: Uint8Array.of(7) });
  expect(await relayed).toMatchObject({ from: "peer-id-host" });
});

it("tells a page at localhost where other devices find it, and gives out its authority's certificate", async () => {
  const origin = secureUrl().replace(/\/$/, "");
  expect(JSON.parse((await get("lan")).body)).toEqual({ origins: [origin], hasAuthority: true });
  expect(await (await fetch(`${server.url}lan`)).json()).toEqual({ origins: [origin], hasAuthority: true });
  const certificate = await get("authority.crt");
  expect(certificate).toMatchObject({ status: 200, type: "application/x-x509-ca-cert", body: identity.authority });
  expect(certificate.body).not.toContain("PRIVATE");
});

it("names the port that is taken, and leaves nothing open", async () => {
  const taken = Number(new URL(secureUrl()).port);
  const secure = { ...identity, port: taken, host: "localhost", names: ["localhost"] };
  await expect(createServer({ port: 0, page: folder, models: [], secure })).rejects.toMatchObject({
    code: "EADDRINUSE",
    isSecure: true,
    port: taken,
  });
});
