import {
  Emitter,
  type Member,
  type MemberHello,
  PeerId,
  SIGNALING_VERSION,
  type SignalingReason,
  type TurnEvent,
  type TypedEvents,
} from "@jupiter/protocol";
import { toBase64Url } from "./base64url.ts";
import {
  createRoomCredentials,
  deriveRoomKeys,
  hostIdentity,
  type RoomCredentials,
  type RoomKeys,
} from "./credentials.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { RoomError, type RoomReason } from "./errors.ts";
import { encodeRoomLink, parseRoomLink } from "./link.ts";
import { Sealer } from "./sealing.ts";
import { SignalingSocket } from "./signaling-socket.ts";

const JOIN_TIMEOUT_MS = 20_000;

export interface RoomOptions {
  /** Address of the signaling server, such as the page's own origin. */
  readonly signalUrl: string;
  /** What the other members see, 1 to 100 characters. */
  readonly name: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RoomMember {
  readonly peer: PeerId;
  readonly role: MemberHello["role"];
  readonly name: string;
}

export type RoomState =
  | { readonly kind: "connecting" }
  | { readonly kind: "connected" }
  /** Members' links go on; new members and new links must wait. */
  | { readonly kind: "reconnecting"; readonly message: string }
  | { readonly kind: "refused"; readonly reason: SignalingReason; readonly message: string }
  | { readonly kind: "closed" };

export interface RoomEvents {
  "member-joined": RoomMember;
  "member-left": RoomMember;
  /** Listen before awaiting anything else: none is kept. Authenticated: `from` has the room's key, and if it is the host, the host's. In the order sent, none twice. */
  signal: { readonly from: PeerId; readonly payload: unknown };
  state: RoomState;
  /** The server delivered what no member sent, or sent elsewhere, or before. It was dropped; the room goes on. */
  suspicious: { readonly from: PeerId | null; readonly reason: RoomReason; readonly message: string };
}

interface Setup {
  readonly keys: RoomKeys;
  readonly self: PeerId;
  readonly hello: MemberHello;
  readonly sealer: Sealer;
  readonly link: string;
  readonly hostFingerprint: string;
  readonly credentials: RoomCredentials | null;
}

/**
 * A member's view of one room: who is there, and an authenticated way to each of them.
 *
 * Order: what the server delivers is opened and told strictly in the order it came. Reconnects and joins again by itself; the id stays.
 */
export class Room {
  readonly self: PeerId;
  readonly role: MemberHello["role"];
  /** The fragment for the room's link, from `#` on. Whoever has it may join. */
  readonly link: string;
  /** The host's, to open the same room again after a reload; null for a donor. */
  readonly credentials: RoomCredentials | null;
  readonly events: TypedEvents<RoomEvents>;
  readonly #emitter = new Emitter<RoomEvents>();
  readonly #members = new Map<PeerId, RoomMember & { readonly openedAtMs: number }>();
  readonly #sealer: Sealer;
  readonly #doorkeeper: Doorkeeper;
  readonly #socket: SignalingSocket;
  #state: RoomState = { kind: "connecting" };
  #turn: TurnEvent | null = null;
  /** Opening and sealing are asynchronous; each chain keeps its direction's order. */
  #inbox: Promise<void> = Promise.resolve();
  #outbox: Promise<unknown> = Promise.resolve();

  private constructor(signalUrl: string, setup: Setup) {
    const { keys, self, hello, sealer } = setup;
    this.self = self;
    this.role = hello.role;
    this.link = setup.link;
    this.credentials = setup.credentials;
    this.events = this.#emitter;
    this.#sealer = sealer;
    this.#doorkeeper = new Doorkeeper(keys, self, setup.hostFingerprint);
    this.#socket = new SignalingSocket(signalUrl, async () => ({
      version: SIGNALING_VERSION,
      room: keys.room,
      peer: self,
      hello: await sealer.seal("*", hello),
    }));
    const { events } = this.#socket;
    events.on("members", (members) => this.#take(null, () => this.#setMembers(members)));
    events.on("joined", (member) => this.#take(member.peer, () => this.#admit(member, false)));
    events.on("left", (peer) => this.#take(peer, async () => this.#drop(peer)));
    events.on("relay", ({ from, sealed }) =>
      this.#take(from, async () => {
        const payload = await this.#doorkeeper.read(from, sealed);
        this.#emitter.emit("signal", { from, payload });
      }),
    );
    events.on("turn", (turn) => (this.#turn = turn));
    events.on("offline", ({ message }) => {
      if (this.#state.kind !== "connecting") this.#setState({ kind: "reconnecting", message });
    });
    events.on("refused", ({ reason, message }) => this.#setState({ kind: "refused", reason, message }));
    events.on("nonsense", ({ message }) =>
      this.#emitter.emit("suspicious", { from: null, reason: "bad-message", message }),
    );
  }

  /** Opens a room as its host: a new one, or with `credentials` the one of before. Rejects `RoomError`. */
  static async open(options: RoomOptions & { readonly credentials?: RoomCredentials }): Promise<Room> {
    const credentials = options.credentials ?? (await createRoomCredentials());
    const { secret } = credentials;
    const keys = await deriveRoomKeys(secret);
    const { privateKey, publicKey, fingerprint } = await hostIdentity(credentials);
    const self = newPeerId();
    return Room.#start(options, {
      keys,
      self,
      hello: { role: "host", name: nameOf(options), openedAtMs: Date.now(), publicKey },
      sealer: new Sealer(keys, self, privateKey),
      link: encodeRoomLink({ room: keys.room, secret, hostFingerprint: fingerprint }),
      hostFingerprint: fingerprint,
      credentials,
    });
  }

  /** Joins as a donor; `link` is the whole address or what follows from `#`. Resolves also when the host is away. Rejects `RoomError`. */
  static async join(options: RoomOptions & { readonly link: string }): Promise<Room> {
    const link = parseRoomLink(options.link);
    if (!link) throw new RoomError("bad-link", "this is not the link of a room; open the link that the host shows");
    const keys = await deriveRoomKeys(link.secret);
    if (keys.room !== link.room)
      throw new RoomError("bad-link", "this link was changed on its way; copy it again, whole");
    const self = newPeerId();
    return Room.#start(options, {
      keys,
      self,
      hello: { role: "donor", name: nameOf(options), openedAtMs: Date.now() },
      sealer: new Sealer(keys, self, null),
      link: encodeRoomLink(link),
      hostFingerprint: link.hostFingerprint,
      credentials: null,
    });
  }

  get state(): RoomState {
    return this.#state;
  }

  /** The server's TURN server and this member's credentials for it, which change from time to time; null: it has none. */
  get turn(): TurnEvent | null {
    return this.#turn;
  }

  /** The others, in the order they came. */
  get members(): readonly RoomMember[] {
    return [...this.#members.values()];
  }

  /** The host among the others; of two tabs with its key, the one opened later. Null while it is away. */
  get host(): RoomMember | null {
    const hosts = [...this.#members.values()].filter(({ role }) => role === "host");
    return hosts.reduce<(typeof hosts)[number] | null>(
      (last, host) => (last && last.openedAtMs >= host.openedAtMs ? last : host),
      null,
    );
  }

  /**
   * Seals `payload` (JSON) for `to` and hands it to the server; resolves when the server took it. Calls keep their order.
   * Rejects `RoomError` 'offline' | 'closed' | 'too-large' | 'no-such-peer' | …
   */
  async sendSignal(to: PeerId, payload: object): Promise<void> {
    if (this.#state.kind === "closed" || this.#state.kind === "refused") {
      throw new RoomError("closed", "this room was left; join it again to send");
    }
    let taken: Promise<void> = Promise.resolve();
    const handedOver = this.#outbox.then(async () => {
      const sealed = await this.#sealer.seal(to, payload);
      taken = this.#socket.relay(to, sealed);
      // Waited for below; until then it must not count as unhandled.
      taken.catch(() => undefined);
    });
    this.#outbox = handedOver.catch(() => undefined);
    await handedOver;
    await taken;
  }

  /** Links to members are not touched. */
  leave(): void {
    if (this.#state.kind === "closed") return;
    this.#socket.close();
    this.#setState({ kind: "closed" });
  }

  static #start(options: RoomOptions, setup: Setup): Promise<Room> {
    const { signal, timeoutMs = JOIN_TIMEOUT_MS } = options;
    if (signal?.aborted)
      return Promise.reject(new RoomError("aborted", "joining was given up", { cause: signal.reason }));
    const room = new Room(options.signalUrl, setup);
    return new Promise((resolve, reject) => {
      const fail = (error: RoomError) => {
        settle();
        room.leave();
        reject(error);
      };
      const onAbort = () => fail(new RoomError("aborted", "joining was given up", { cause: signal?.reason }));
      const timer = setTimeout(() => {
        const text = `no signaling server at ${options.signalUrl} let this page in within ${timeoutMs / 1000} s; is it running?`;
        fail(new RoomError("unreachable", text));
      }, timeoutMs);
      const off = room.events.on("state", (state) => {
        if (state.kind === "refused") fail(new RoomError(state.reason, state.message));
        if (state.kind !== "connected") return;
        settle();
        resolve(room);
      });
      const settle = () => {
        off();
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Deals with one delivery after all before it. */
  #take(from: PeerId | null, action: () => Promise<void>): void {
    this.#inbox = this.#inbox.then(async () => {
      if (this.#state.kind === "closed") return;
      try {
        await action();
      } catch (error) {
        this.#suspect(from, error);
      }
    });
  }

  async #setMembers(members: readonly Member[]): Promise<void> {
    const present = new Set(members.map(({ peer }) => peer));
    for (const peer of [...this.#members.keys()]) if (!present.has(peer)) this.#drop(peer);
    for (const member of members) {
      await this.#admit(member, true).catch((error: unknown) => this.#suspect(member.peer, error));
    }
    if (this.#socket.isJoined) this.#setState({ kind: "connected" });
  }

  async #admit(member: Member, again: boolean): Promise<void> {
    const { role, name, openedAtMs } = await this.#doorkeeper.admit(member, again);
    const { peer } = member;
    const isNew = !this.#members.has(peer);
    const admitted = { peer, role, name, openedAtMs };
    this.#members.set(peer, admitted);
    if (isNew) this.#emitter.emit("member-joined", admitted);
  }

  #drop(peer: PeerId): void {
    const member = this.#members.get(peer);
    if (member && this.#members.delete(peer)) this.#emitter.emit("member-left", member);
  }

  #suspect(from: PeerId | null, error: unknown): void {
    if (!(error instanceof RoomError)) {
      // A fault of ours must be seen, and must not stop the deliveries behind it.
      queueMicrotask(() => {
        throw error;
      });
      return;
    }
    this.#emitter.emit("suspicious", { from, reason: error.reason, message: error.message });
  }

  #setState(state: RoomState): void {
    if (this.#state.kind === "closed" || this.#state.kind === "refused") return;
    this.#state = state;
    this.#emitter.emit("state", state);
  }
}

function nameOf({ name }: RoomOptions): string {
  if (name.length >= 1 && name.length <= 100) return name;
  throw new RoomError("bad-message", `a name has 1 to 100 characters; got ${name.length}`);
}

/** New for every page load: replay protection rests on it. */
function newPeerId(): PeerId {
  return PeerId.parse(toBase64Url(crypto.getRandomValues(new Uint8Array(12))));
}
