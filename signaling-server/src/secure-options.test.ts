import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { localIdentity } from "./certificates.ts";
import { secureOptions } from "./secure-options.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("a certificate of one's own gives the addresses for other devices: no loopback, no wildcard, in its order", async () => {
  const names = ["localhost", "127.0.0.1", "::1", "page.localhost", "*.home.arpa", "ring.home.arpa", "192.168.1.7"];
  const { key, cert } = await localIdentity({ folder: join(folder, "keys"), names });
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const options = await secureOptions({ port: 8443, folder, certFile, keyFile });
  expect(options).toEqual({ key, cert, authority: null, port: 8443, names: ["ring.home.arpa", "192.168.1.7"] });
});

it("wants both files", async () => {
  await expect(secureOptions({ port: 8443, folder, certFile: "cert.pem" })).rejects.toThrow("needed together");
});
