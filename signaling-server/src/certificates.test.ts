import { X509Certificate } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localIdentity, type LocalIdentity } from "./certificates.ts";

const NAMES = ["localhost", "127.0.0.1", "laptop.local", "192.168.1.7"];
let folder: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "jupiter-ca-")), "keys");
});

afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true });
});

/** Shakes hands as a client that trusts the authority and asks for `servername` or an address. Rejects as TLS does. */
function handshake({ key, cert, authority }: LocalIdentity, servername: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const server = createServer({ key, cert }).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const client = connect({ port, host: "127.0.0.1", servername, ca: authority }, () => resolve(client));
      client.once("error", reject);
      client.once("close", () => server.close());
      client.once("secureConnect", () => client.end());
    });
    server.on("tlsClientError", () => undefined);
  });
}

describe("localIdentity", () => {
  it("makes a leaf that clients who trust the authority take, for its names alone", async () => {
    const identity = await localIdentity({ folder, names: NAMES });
    const leaf = new X509Certificate(identity.cert);
    for (const name of ["localhost", "laptop.local"]) expect(leaf.checkHost(name)).toBe(name);
    for (const address of ["127.0.0.1", "192.168.1.7"]) expect(leaf.checkIP(address)).toBe(address);
    expect((await handshake(identity, "laptop.local")).authorized).toBe(true);
    await expect(handshake(identity, "other.local")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it("keeps both, so that a device trusts once", async () => {
    const first = await localIdentity({ folder, names: NAMES });
    expect(await localIdentity({ folder, names: NAMES })).toEqual(first);
    expect(await localIdentity({ folder, names: NAMES.slice(1) })).toEqual(first);
  });

  it("renews the leaf under the same authority for a new address, and before its end", async () => {
    const first = await localIdentity({ folder, names: NAMES });
    const moved = await localIdentity({ folder, names: [...NAMES, "10.0.0.3"] });
    expect(moved.authority).toBe(first.authority);
    expect(moved.cert).not.toBe(first.cert);
    const now = new Date(Date.now() + 380 * 86_400_000);
    const later = await localIdentity({ folder, names: NAMES, now });
    expect(later.authority).toBe(first.authority);
    expect(new Date(new X509Certificate(later.cert).validTo).getTime()).toBeGreaterThan(
      now.getTime() + 390 * 86_400_000,
    );
  });

  it("makes a new authority once the old one could not sign a whole leaf", async () => {
    const first = await localIdentity({ folder, names: NAMES });
    const now = new Date(Date.now() + 3400 * 86_400_000);
    expect((await localIdentity({ folder, names: NAMES, now })).authority).not.toBe(first.authority);
  });

  it("starts anew where a file was damaged", async () => {
    const first = await localIdentity({ folder, names: NAMES });
    writeFileSync(join(folder, "server.key.pem"), "half a ke");
    writeFileSync(join(folder, "server.pem"), readFileSync(join(folder, "server.pem"), "utf8").slice(0, 200));
    const again = await localIdentity({ folder, names: NAMES });
    expect(again.authority).toBe(first.authority);
    expect((await handshake(again, "localhost")).authorized).toBe(true);
  });

  it.each(["authority.key.pem", "authority.pem", "server.key.pem", "server.pem"])(
    "starts anew where %s belongs to another pair",
    async (file) => {
      const other = join(folder, "../other");
      await localIdentity({ folder, names: NAMES });
      await localIdentity({ folder: other, names: NAMES });
      copyFileSync(join(other, file), join(folder, file));
      // A new address, so that the authority must sign.
      const names = file.startsWith("authority") ? [...NAMES, "10.0.0.3"] : NAMES;
      expect((await handshake(await localIdentity({ folder, names }), "localhost")).authorized).toBe(true);
    },
  );

  it("serves every one of several first starts at once, and the start after them", async () => {
    const starts = await Promise.all([1, 2, 3, 4].map(() => localIdentity({ folder, names: NAMES })));
    for (const identity of [...starts, await localIdentity({ folder, names: NAMES })]) {
      expect((await handshake(identity, "localhost")).authorized).toBe(true);
    }
    expect(readdirSync(folder).sort()).toEqual(["authority.key.pem", "authority.pem", "server.key.pem", "server.pem"]);
  });

  it("keeps its keys from other users", async () => {
    await localIdentity({ folder, names: NAMES });
    for (const name of ["authority", "server"]) expect(statSync(join(folder, `${name}.key.pem`)).mode & 0o077).toBe(0);
  });

  it("cannot pose as a name of the internet, whatever it signs", async () => {
    const identity = await localIdentity({ folder, names: ["bank.example.com"] });
    await expect(handshake(identity, "bank.example.com")).rejects.toThrow("permitted subtree violation");
  });
});
