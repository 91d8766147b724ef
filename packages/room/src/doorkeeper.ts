import { type Member, MemberHello, type PeerId } from "@jupiter/protocol";
import { type RoomKeys, tryHostKey } from "./credentials.ts";
import { RoomError } from "./errors.ts";
import { open, type Opened } from "./sealing.ts";

// Ids that ever wrote: a member that reloads has a new one. Beyond this somebody with the key plays games.
const MAX_WRITERS = 10_000;

interface Writer {
  helloCounter: number;
  relayCounter: number;
  /** Set once this peer proved to be the host. */
  hostKey: CryptoKey | null;
}

/** Decides which of the server's deliveries are what a member really sent, to this member, for the first time. */
export class Doorkeeper {
  readonly #keys: RoomKeys;
  readonly #self: PeerId;
  readonly #hostFingerprint: string;
  readonly #writers = new Map<PeerId, Writer>();

  constructor(keys: RoomKeys, self: PeerId, hostFingerprint: string) {
    this.#keys = keys;
    this.#self = self;
    this.#hostFingerprint = hostFingerprint;
  }

  /**
   * The description that `peer` sealed. `again`: a list of members may repeat one that was seen; news of a joining may not.
   * Throws `RoomError` 'unreadable' | 'forged' | 'replayed'.
   */
  async admit({ peer, hello }: Member, again: boolean): Promise<MemberHello> {
    const opened = await open(this.#keys, peer, "*", hello);
    const known = this.#writers.get(peer);
    if (known && opened.counter < known.helloCounter + (again ? 0 : 1)) throw replayed(peer);
    const parsed = MemberHello.safeParse(opened.payload);
    if (!parsed.success)
      throw new RoomError("unreadable", `the description of ${peer} makes no sense; is its page of this version?`);
    const hostKey = parsed.data.role === "host" ? await this.#hostKey(peer, parsed.data.publicKey, opened) : null;
    if (known?.hostKey && !hostKey) throw forged(peer);
    if (!known && this.#writers.size >= MAX_WRITERS)
      throw new RoomError("room-full", "this room has seen too many devices; open a new one");
    this.#writers.set(peer, { helloCounter: opened.counter, relayCounter: known?.relayCounter ?? 0, hostKey });
    return parsed.data;
  }

  /** What `from` sealed for this member. Throws `RoomError` 'not-in-room' | 'unreadable' | 'forged' | 'replayed'. */
  async read(from: PeerId, sealed: Uint8Array): Promise<unknown> {
    const writer = this.#writers.get(from);
    if (!writer) throw new RoomError("not-in-room", `a message from ${from} was dropped: it is no member of this room`);
    const opened = await open(this.#keys, from, this.#self, sealed);
    if (opened.counter <= writer.relayCounter) throw replayed(from);
    if (writer.hostKey && !(await opened.isSignedBy(writer.hostKey))) throw forged(from);
    writer.relayCounter = opened.counter;
    return opened.payload;
  }

  async #hostKey(peer: PeerId, publicKey: string, opened: Opened): Promise<CryptoKey> {
    const key = await tryHostKey(publicKey, this.#hostFingerprint);
    if (!key || !(await opened.isSignedBy(key))) throw forged(peer);
    return key;
  }
}

function replayed(peer: PeerId): RoomError {
  return new RoomError("replayed", `a message from ${peer} came a second time; it was dropped`);
}

function forged(peer: PeerId): RoomError {
  return new RoomError(
    "forged",
    `${peer} claims to be the host and is not signed by the key that the link names; it was dropped`,
  );
}
