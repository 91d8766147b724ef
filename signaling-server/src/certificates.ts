/**
 * A small certificate authority of this server's own, and a leaf certificate for its names on the network: browsers give a page its
 * graphics processor and its keys only over https, and nobody issues certificates for `192.168.…`. Both are made once and kept.
 */
// The library below finds its parts by decorators and refuses to load without this.
import "reflect-metadata";
import { createPrivateKey, randomUUID, X509Certificate as NodeCertificate } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { nameConstraints } from "./name-constraints.ts";

/** PEM texts, as Node's TLS takes them. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface LocalIdentity extends TlsIdentity {
  /** PEM: what a device installs to trust this server. */
  readonly authority: string;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly privateKey: CryptoKey;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Safari takes no longer leaf from an authority that a person installed than 825 days, and browsers move to less. */
const LEAF_DAYS = 397;
/** Before its end a certificate is made anew at the next start. */
const RENEW_DAYS = 30;

export interface LocalIdentityOptions {
  /** Where keys and certificates are kept, readable by this user only. */
  readonly folder: string;
  /** Host names and IP addresses that pages use for this server. */
  readonly names: readonly string[];
  readonly now?: Date;
}

/** The kept authority and leaf where they still serve, else new ones. Rejects with Node's error where `folder` cannot be written. */
export async function localIdentity({ folder, names, now = new Date() }: LocalIdentityOptions): Promise<LocalIdentity> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = (await readAuthority(folder, now)) ?? (await makeAuthority(folder, now));
  const kept = await readLeaf(folder, authority, names, now);
  return {
    ...(kept ?? (await makeLeaf(folder, authority, names, now))),
    authority: authority.certificate.toString("pem"),
  };
}

async function readAuthority(folder: string, now: Date): Promise<Authority | null> {
  const [cert, key] = await readPair(folder, "authority");
  if (cert === null || key === null) return null;
  try {
    const certificate = new X509Certificate(cert);
    const [der] = PemConverter.decode(key);
    if (!lasts(certificate, now, LEAF_DAYS) || der === undefined || !belong(cert, key)) return null;
    return { certificate, privateKey: await crypto.subtle.importKey("pkcs8", der, ALGORITHM, true, ["sign"]) };
  } catch {
    return null; // Half written or edited: devices will have to trust a new one.
  }
}

async function makeAuthority(folder: string, now: Date): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Jupiter on this network (made ${now.toISOString().slice(0, 10)})`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(now, AUTHORITY_DAYS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      // Should its key be stolen, it can still pose as nobody outside of local networks.
      new Extension("2.5.29.30", true, nameConstraints()),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(folder, "authority", certificate, keys.privateKey);
  return { certificate, privateKey: keys.privateKey };
}

async function readLeaf(
  folder: string,
  authority: Authority,
  names: readonly string[],
  now: Date,
): Promise<TlsIdentity | null> {
  const [cert, key] = await readPair(folder, "server");
  if (cert === null || key === null) return null;
  try {
    const certificate = new X509Certificate(cert);
    const covers = new NodeCertificate(cert);
    const isCovered = names.every((name) => (isIP(name) ? covers.checkIP(name) : covers.checkHost(name)) !== undefined);
    const isOurs = await certificate.verify({ publicKey: authority.certificate, date: now });
    return isCovered && isOurs && lasts(certificate, now, RENEW_DAYS) && belong(cert, key) ? { cert, key } : null;
  } catch {
    return null;
  }
}

async function makeLeaf(
  folder: string,
  authority: Authority,
  names: readonly string[],
  now: Date,
): Promise<TlsIdentity> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=Jupiter server",
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity(now, LEAF_DAYS),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1"]), // serverAuth
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value })),
      ),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return writePair(folder, "server", certificate, keys.privateKey);
}

/** An hour earlier than now: phones' clocks differ. */
function validity(now: Date, days: number) {
  return { notBefore: new Date(now.getTime() - 3_600_000), notAfter: new Date(now.getTime() + days * DAY_MS) };
}

function lasts({ notAfter }: X509Certificate, now: Date, days: number): boolean {
  return notAfter.getTime() - now.getTime() > days * DAY_MS;
}

/** A pair is two files: a start that was killed between them, or two first starts at once, may leave one of each. Throws where either is damaged. */
function belong(cert: string, key: string): boolean {
  return new NodeCertificate(cert).checkPrivateKey(createPrivateKey(key));
}

function readPair(folder: string, name: string): Promise<[string | null, string | null]> {
  const read = (file: string) => readFile(join(folder, file), "utf8").catch(() => null);
  return Promise.all([read(`${name}.pem`), read(`${name}.key.pem`)]);
}

async function writePair(
  folder: string,
  name: string,
  certificate: X509Certificate,
  privateKey: CryptoKey,
): Promise<TlsIdentity> {
  const cert = certificate.toString("pem");
  const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
  await writeWhole(join(folder, `${name}.key.pem`), key, 0o600);
  await writeWhole(join(folder, `${name}.pem`), cert, 0o644);
  return { cert, key };
}

/** Whoever reads `path` finds all of `text` or what was there before. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, text, { mode });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
