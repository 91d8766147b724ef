/** What https needs, from the files that a person names or from this server's own authority. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { localIdentity } from "./certificates.ts";
import { lanAddresses, serverNames } from "./lan.ts";
import type { SecureOptions } from "./server.ts";

export interface SecureSources {
  readonly port: number;
  /** Where this server's own authority is kept. */
  readonly folder: string;
  /** PEM files; both or none. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** Throws an error whose message says which file is missing or wrong. */
export async function secureOptions({ port, folder, certFile, keyFile }: SecureSources): Promise<SecureOptions> {
  const addresses = lanAddresses();
  if (certFile === undefined && keyFile === undefined) {
    const { key, cert, authority } = await localIdentity({ folder, names: serverNames(addresses) }).catch(
      (error: unknown) => {
        const text = `This server's certificate could not be kept in ${folder} (${String(error)}).`;
        throw new Error(`${text} Start with --no-https, or set XDG_DATA_HOME to another folder.`, { cause: error });
      },
    );
    return { key, cert, authority, port, names: addresses };
  }
  if (certFile === undefined || keyFile === undefined) throw new Error("--tls-cert and --tls-key are needed together.");
  const [cert, key] = await Promise.all([certFile, keyFile].map((file) => readFile(file, "utf8")));
  if (cert === undefined || key === undefined) throw new Error("--tls-cert and --tls-key name no files.");
  return { key, cert, authority: null, port, names: namesOf(cert) };
}

/** The names for which the certificate was made by which other devices come: those with a `*` name no one host, loopback names the device itself. */
function namesOf(cert: string): readonly string[] {
  const entries = new X509Certificate(cert).subjectAltName?.split(", ") ?? [];
  const names = entries.flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []);
  return names.filter((name) => !name.includes("*") && !isLoopback(name));
}

/** Addresses as Node writes those of a certificate. */
function isLoopback(name: string): boolean {
  return /^((.+\.)?localhost|127\.[\d.]+|0:0:0:0:0:0:0:1|::1)$/i.test(name);
}

/** For what this server keeps between starts. */
export function dataFolder(): string {
  const home = homedir();
  const base =
    process.env["XDG_DATA_HOME"] ??
    (process.platform === "darwin"
      ? join(home, "Library/Application Support")
      : (process.env["LOCALAPPDATA"] ?? join(home, ".local/share")));
  return join(base, "jupiter-ring");
}
