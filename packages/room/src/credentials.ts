/**
 * The keys of a room. From one random secret of 128 bits, which only the link carries (after `#`, so no server sees it), HKDF-SHA-256
 * derives the room's id and the key that seals messages. The host also has an ECDSA P-256 key pair of its own.
 */
import { RoomId } from "@jupiter/protocol";
import { toBase64Url, tryFromBase64Url } from "./base64url.ts";
import { RoomError } from "./errors.ts";

export const SECRET_BYTES = 16;
/** Of SHA-256 of the host's public key, cut to 128 bits: finding a second key with it takes 2^128 tries. */
export const FINGERPRINT_BYTES = 16;

const ECDSA = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" } as const;

export interface RoomKeys {
  readonly room: RoomId;
  /** AES-256-GCM. */
  readonly sealKey: CryptoKey;
}

/** What a host needs to open its room again after a reload. As secret as the link, and more: it makes its owner the host. */
export interface RoomCredentials {
  /** base64url of 16 random bytes. */
  readonly secret: string;
  /** The host's private key. */
  readonly hostKey: JsonWebKey;
}

export interface HostIdentity {
  readonly privateKey: CryptoKey;
  /** Uncompressed point, 65 bytes, base64url. */
  readonly publicKey: string;
  /** base64url. */
  readonly fingerprint: string;
}

export function createRoomSecret(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

export async function createRoomCredentials(): Promise<RoomCredentials> {
  const { privateKey } = await subtle().generateKey(ECDSA, true, ["sign", "verify"]);
  return { secret: createRoomSecret(), hostKey: await subtle().exportKey("jwk", privateKey) };
}

/** Throws `RoomError` 'bad-link' for a secret that is none. */
export async function deriveRoomKeys(secret: string): Promise<RoomKeys> {
  const bytes = tryFromBase64Url(secret, SECRET_BYTES);
  if (!bytes) throw new RoomError("bad-link", "the room's key is incomplete; copy the whole link");
  const material = await subtle().importKey("raw", bytes, "HKDF", false, ["deriveBits", "deriveKey"]);
  const id = await subtle().deriveBits(hkdf("jupiter room id, version 1"), material, 128);
  const sealKey = await subtle().deriveKey(
    hkdf("jupiter sealing key, version 1"),
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
  return { room: RoomId.parse(toBase64Url(new Uint8Array(id))), sealKey };
}

/** Throws `RoomError` 'bad-link' for a key that is none. */
export async function hostIdentity({ hostKey }: RoomCredentials): Promise<HostIdentity> {
  try {
    const privateKey = await subtle().importKey("jwk", hostKey, ECDSA, false, ["sign"]);
    const { kty = "", crv = "", x = "", y = "" } = hostKey;
    const open = await subtle().importKey("jwk", { kty, crv, x, y }, ECDSA, true, ["verify"]);
    const raw = new Uint8Array(await subtle().exportKey("raw", open));
    return { privateKey, publicKey: toBase64Url(raw), fingerprint: await fingerprintOf(raw) };
  } catch (cause) {
    throw new RoomError("bad-link", "the saved host key cannot be read; open a new room", { cause });
  }
}

/** The key to check the host's signatures with, or null if `publicKey` is not the one that the link names. */
export async function tryHostKey(publicKey: string, fingerprint: string): Promise<CryptoKey | null> {
  const raw = tryFromBase64Url(publicKey, 65);
  if (!raw || (await fingerprintOf(raw)) !== fingerprint) return null;
  return subtle().importKey("raw", raw, ECDSA, false, ["verify"]);
}

/** 64 bytes. */
export async function sign(privateKey: CryptoKey, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await subtle().sign(SIGNATURE, privateKey, data));
}

export function verify(
  publicKey: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return subtle().verify(SIGNATURE, publicKey, signature, data);
}

async function fingerprintOf(publicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await subtle().digest("SHA-256", publicKey);
  return toBase64Url(new Uint8Array(digest, 0, FINGERPRINT_BYTES));
}

function hkdf(info: string): HkdfParams {
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new TextEncoder().encode(info) };
}

/** Browsers give WebCrypto to secure contexts only. */
export function subtle(): SubtleCrypto {
  const { subtle: found } = crypto as { subtle?: SubtleCrypto };
  if (found) return found;
  throw new RoomError(
    "insecure-context",
    "this page needs https:// or http://localhost; open the https link of the server",
  );
}
