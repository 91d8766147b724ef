import {
  Emitter,
  type MemberHello,
  PeerId,
  type SignalingReason,
  type TurnEvent,
  type TypedEvents,
} from "@jupiter/protocol";
import { toBase64Url } from "./base64url.ts";
import {
  createRoomCredentials,
  createRoomSecret,
  deriveRoomKeys,
  hostIdentity,
  type RoomCredentials,
  type RoomKeys,
} from "./credentials.ts";
import { RoomError, type RoomReason } from "./errors.ts";
import { encodeRoomLink, parseRoomLink } from "./link.ts";
import { type Described, Membership } from "./membership.ts";

const JOIN_TIMEOUT_MS = 20_000;
/**
 * How long one that was here may be missing from a list of members: after the server restarts, and after the room's key changes, all come
 * back one after the other.
 */
const ABSENCE_MS = 15_000;

export interface RoomOptions {
  /** Address of the signaling server, such as the page's own origin. */
  readonly signalUrl: string;
  /** What the other members see, 1 to 100 characters. */
  readonly name: string;
  readonly timeoutMs?: number;
  readonly absenceMs?: number;
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
  readonly secret: string;
  readonly hello: MemberHello;
  readonly hostFingerprint: string;
  /** The host's; null for a donor. */
  readonly identity: { readonly privateKey: CryptoKey; readonly hostKey: JsonWebKey } | null;
}

type Known = RoomMember & { readonly openedAtMs: number };

/**
 * A member's view of one room: who is there, and an authenticated way to each of them.
 *
 * Order: what the server delivers is opened and told strictly in the order it came. Reconnects and joins again by itself; the id stays, also
 * when the room's key changes.
 */
export class Room {
  readonly self: PeerId = newPeerId();
  readonly role: MemberHello["role"];
  readonly events: TypedEvents<RoomEvents>;
  readonly #emitter = new Emitter<RoomEvents>();
  readonly #options: RoomOptions;
  readonly #setup: Omit<Setup, "keys" | "secret">;
  readonly #members = new Map<PeerId, Known>();
  /** Timers of those that a list of members missed. */
  readonly #missing = new Map<PeerId, ReturnType<typeof setTimeout>>();
  #keys: RoomKeys;
  #secret: string;
  #membership: Membership;
  #state: RoomState = { kind: "connecting" };
  #rekeying: Promise<void> = Promise.resolve();
  #turn: TurnEvent | null = null;

  private constructor(options: RoomOptions, { keys, secret, ...setup }: Setup) {
    this.role = setup.hello.role;
    this.events = this.#emitter;
    this.#options = options;
    this.#setup = setup;
    this.#keys = keys;
    this.#secret = secret;
    this.#membership = this.#enter();
  }

  /** Opens a room as its host: a new one, or with `credentials` the one of before. Rejects `RoomError`. */
  static async open(options: RoomOptions & { readonly credentials?: RoomCredentials }): Promise<Room> {
    const credentials = options.credentials ?? (await createRoomCredentials());
    const { secret, hostKey } = credentials;
    const { privateKey, publicKey, fingerprint } = await hostIdentity(credentials);
    return Room.#start(options, {
      keys: await deriveRoomKeys(secret),
      secret,
      hello: { role: "host", name: nameOf(options), openedAtMs: Date.now(), publicKey },
      hostFingerprint: fingerprint,
      identity: { privateKey, hostKey },
    });
  }

  /**
   * Joins as a donor; `link` is the whole address or what follows from `#`. Resolves also when the host is away. Rejects `RoomError`.
   */
  static async join(options: RoomOptions & { readonly link: string }): Promise<Room> {
    const link = parseRoomLink(options.link);
    if (!link) throw new RoomError("bad-link", "this is not the link of a room; open the link that the host shows");
    const keys = await deriveRoomKeys(link.secret);
    if (keys.room !== link.room)
      throw new RoomError("bad-link", "this link was changed on its way; copy it again, whole");
    return Room.#start(options, {
      keys,
      secret: link.secret,
      hello: { role: "donor", name: nameOf(options), openedAtMs: Date.now() },
      hostFingerprint: link.hostFingerprint,
      identity: null,
    });
  }

  get state(): RoomState {
    return this.#state;
  }

  /** The server's TURN server and this member's credentials for it, which change from time to time; null: it has none. */
  get turn(): TurnEvent | null {
    return this.#turn;
  }

  /** The fragment for the room's link, from `#` on. Whoever has it may join. */
  get link(): string {
    const { room } = this.#keys;
    return encodeRoomLink({ room, secret: this.#secret, hostFingerprint: this.#setup.hostFingerprint });
  }

  /** The host's, to open the same room again after a reload; null for a donor. */
  get credentials(): RoomCredentials | null {
    const { identity } = this.#setup;
    return identity && { secret: this.#secret, hostKey: identity.hostKey };
  }

  /** The others, in the order they came. */
  get members(): readonly RoomMember[] {
    return [...this.#members.values()];
  }

  /** The host among the others; of two tabs with its key, the one opened later. Null while it is away. */
  get host(): RoomMember | null {
    const hosts = [...this.#members.values()].filter(({ role }) => role === "host");
    return hosts.reduce<Known | null>((last, host) => (last && last.openedAtMs >= host.openedAtMs ? last : host), null);
  }

  /**
   * Seals `payload` (JSON) for `to` and hands it to the server; resolves when the server took it. Calls keep their order.
   * Rejects `RoomError` 'offline' | 'closed' | 'too-large' | 'no-such-peer' | …
   */
  async sendSignal(to: PeerId, payload: object): Promise<void> {
    if (this.#isOver) throw new RoomError("closed", "this room was left; join it again to send");
    return this.#membership.send(to, payload);
  }

  /**
   * The host's: goes on under another secret, and so under another id, key and link, which `removed` is not told. Resolves with the secret,
   * for those that stay. Ids stay, links to members are not touched, and members that follow afterwards are not reported as gone.
   */
  async expel(removed: PeerId): Promise<string> {
    const secret = createRoomSecret();
    await this.#rekey(secret, removed);
    return secret;
  }

  /** A donor's: goes where its host went by `expel`. Rejects `RoomError` 'bad-link' for a secret that is none. */
  follow(secret: string, removed: PeerId): Promise<void> {
    return this.#rekey(secret, removed);
  }

  /** Links to members are not touched; signals sent before still go out. */
  leave(): void {
    if (this.#state.kind === "closed") return;
    this.#forgetMissing();
    void this.#membership.close();
    this.#setState({ kind: "closed" });
  }

  static #start(options: RoomOptions, setup: Setup): Promise<Room> {
    const { signal, timeoutMs = JOIN_TIMEOUT_MS } = options;
    if (signal?.aborted)
      return Promise.reject(new RoomError("aborted", "joining was given up", { cause: signal.reason }));
    const room = new Room(options, setup);
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

  get #isOver(): boolean {
    return this.#state.kind === "closed" || this.#state.kind === "refused";
  }

  async #rekey(secret: string, removed: PeerId): Promise<void> {
    const keys = await deriveRoomKeys(secret);
    const step = this.#rekeying.then(async () => {
      if (this.#isOver) return;
      const before = this.#membership;
      this.#keys = keys;
      this.#secret = secret;
      this.#membership = this.#enter();
      this.#drop(removed);
      void before.close();
    });
    this.#rekeying = step;
    return step;
  }

  #enter(): Membership {
    const { hello, hostFingerprint, identity } = this.#setup;
    const membership = new Membership({
      signalUrl: this.#options.signalUrl,
      keys: this.#keys,
      self: this.self,
      hello,
      privateKey: identity?.privateKey ?? null,
      hostFingerprint,
    });
    const { events } = membership;
    events.on("present", (members) => this.#setMembers(members));
    events.on("joined", (member) => this.#admit(member));
    events.on("left", (peer) => this.#drop(peer));
    events.on("signal", (event) => this.#emitter.emit("signal", event));
    events.on("turn", (turn) => (this.#turn = turn));
    events.on("offline", ({ message }) => {
      if (this.#state.kind !== "connecting") this.#setState({ kind: "reconnecting", message });
    });
    events.on("refused", ({ reason, message }) => {
      this.#forgetMissing();
      this.#setState({ kind: "refused", reason, message });
    });
    events.on("suspicious", (event) => this.#emitter.emit("suspicious", event));
    return membership;
  }

  #setMembers(members: readonly Described[]): void {
    const present = new Set(members.map(({ peer }) => peer));
    for (const peer of this.#members.keys()) {
      if (present.has(peer) || this.#missing.has(peer)) continue;
      const timer = setTimeout(() => this.#drop(peer), this.#options.absenceMs ?? ABSENCE_MS);
      this.#missing.set(peer, timer);
    }
    for (const member of members) this.#admit(member);
    this.#setState({ kind: "connected" });
  }

  #admit({ peer, hello }: Described): void {
    this.#isHere(peer);
    const { role, name, openedAtMs } = hello;
    const isNew = !this.#members.has(peer);
    const member = { peer, role, name, openedAtMs };
    this.#members.set(peer, member);
    if (isNew) this.#emitter.emit("member-joined", member);
  }

  #drop(peer: PeerId): void {
    this.#isHere(peer);
    const member = this.#members.get(peer);
    if (member && this.#members.delete(peer)) this.#emitter.emit("member-left", member);
  }

  /** Or gone for certain: either way nobody waits for it any more. */
  #isHere(peer: PeerId): void {
    clearTimeout(this.#missing.get(peer));
    this.#missing.delete(peer);
  }

  #forgetMissing(): void {
    for (const timer of this.#missing.values()) clearTimeout(timer);
    this.#missing.clear();
  }

  #setState(state: RoomState): void {
    if (this.#isOver) return;
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
