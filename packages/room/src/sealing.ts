/**
 * Messages that the server carries and cannot read, change, redirect or repeat. A sealed message is
 * `u8 version, 3 × u8 0, u32 counter, nonce[12], AES-256-GCM(u8 signed, signature[64] if signed, JSON)`.
 *
 * Associated data: the bytes before the ciphertext, the room, the sender and the receiver (`*` for a hello, which is for all). The counter
 * rises with every message of a sender; peer ids are drawn anew by every page, so a receiver that takes only rising counters takes nothing
 * twice. The host signs associated data and JSON, so that a member, who has the room's key, cannot pose as the host. Members can pose as
 * one another to this extent: one that also controls the server could.
 */
import { type PeerId, type RoomId, SIGNALING_LIMITS } from "@jupiter/protocol";
import { type RoomKeys, sign, subtle, verify } from "./credentials.ts";
import { RoomError } from "./errors.ts";

export type Receiver = PeerId | "*";

const VERSION = 1;
const HEADER_BYTES = 20;
const NONCE_START = 8;
const SIGNATURE_BYTES = 64;

export interface Opened {
  readonly counter: number;
  readonly payload: unknown;
  /** False without a signature, too. */
  isSignedBy(publicKey: CryptoKey): Promise<boolean>;
}

/** Seals what one member sends. */
export class Sealer {
  readonly #keys: RoomKeys;
  readonly #from: PeerId;
  readonly #privateKey: CryptoKey | null;
  #counter = 0;

  /** `privateKey` is the host's; a donor has none. */
  constructor(keys: RoomKeys, from: PeerId, privateKey: CryptoKey | null) {
    this.#keys = keys;
    this.#from = from;
    this.#privateKey = privateKey;
  }

  /** Throws `RoomError` 'too-large'. */
  async seal(to: Receiver, payload: object): Promise<Uint8Array> {
    const header = new Uint8Array(HEADER_BYTES);
    header[0] = VERSION;
    new DataView(header.buffer).setUint32(4, ++this.#counter, true);
    const nonce = crypto.getRandomValues(header.subarray(NONCE_START));
    const json = new TextEncoder().encode(JSON.stringify(payload));
    const additionalData = associated(header, this.#keys.room, this.#from, to);
    const plain = this.#privateKey
      ? concat(Uint8Array.of(1), await sign(this.#privateKey, concat(additionalData, json)), json)
      : concat(Uint8Array.of(0), json);
    const cipher = await subtle().encrypt({ name: "AES-GCM", iv: nonce, additionalData }, this.#keys.sealKey, plain);
    const sealed = concat(header, new Uint8Array(cipher));
    const limit = to === "*" ? SIGNALING_LIMITS.helloBytes : SIGNALING_LIMITS.sealedBytes;
    if (sealed.length <= limit) return sealed;
    throw new RoomError("too-large", `a sealed message has at most ${limit} bytes; this one has ${sealed.length}`);
  }
}

/** Throws `RoomError` 'unreadable'. */
export async function open(keys: RoomKeys, from: PeerId, to: Receiver, sealed: Uint8Array): Promise<Opened> {
  const bytes = new Uint8Array(sealed);
  const header = bytes.subarray(0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header[0] !== VERSION) {
    throw new RoomError(
      "unreadable",
      `a message said to be from ${from} is not of version ${VERSION}; reload both pages`,
    );
  }
  const additionalData = associated(header, keys.room, from, to);
  try {
    const algorithm = { name: "AES-GCM", iv: header.subarray(NONCE_START), additionalData };
    const plain = new Uint8Array(await subtle().decrypt(algorithm, keys.sealKey, bytes.subarray(HEADER_BYTES)));
    const isSigned = plain[0] === 1;
    const json = plain.subarray(isSigned ? 1 + SIGNATURE_BYTES : 1);
    const signature = plain.subarray(1, 1 + SIGNATURE_BYTES);
    return {
      counter: new DataView(bytes.buffer).getUint32(4, true),
      payload: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json)),
      isSignedBy: async (publicKey) => isSigned && verify(publicKey, signature, concat(additionalData, json)),
    };
  } catch (cause) {
    const text = `a message said to be from ${from} was sealed with another key or changed on the way; it was dropped`;
    throw new RoomError("unreadable", text, { cause });
  }
}

/** Ids have no line breaks, so the parts cannot run into one another. */
function associated(header: Uint8Array, room: RoomId, from: PeerId, to: Receiver): Uint8Array<ArrayBuffer> {
  return concat(header, new TextEncoder().encode(`${room}\n${from}\n${to}`));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
