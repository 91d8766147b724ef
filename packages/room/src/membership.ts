/** One place in one room under one key: what the server delivers there, opened and told strictly in the order it came. */
import {
  Emitter,
  type Member,
  type MemberHello,
  type PeerId,
  SIGNALING_VERSION,
  type SignalingReason,
  type TurnEvent,
  type TypedEvents,
} from "@jupiter/protocol";
import type { RoomKeys } from "./credentials.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { RoomError, type RoomReason } from "./errors.ts";
import { Sealer } from "./sealing.ts";
import { SignalingSocket } from "./signaling-socket.ts";

/** Deliveries that wait to be opened: a room's members, joining at once with all their connections' candidates, send fewer. */
const MAX_WAITING = 4096;

/** A server that takes nothing must not keep a member from leaving. */
const FAREWELL_MS = 2_000;

export interface MembershipOptions {
  readonly signalUrl: string;
  readonly keys: RoomKeys;
  readonly self: PeerId;
  readonly hello: MemberHello;
  /** The host's; a donor has none. */
  readonly privateKey: CryptoKey | null;
  readonly hostFingerprint: string;
}

/** Who is there, as it described itself. */
export interface Described {
  readonly peer: PeerId;
  readonly hello: MemberHello;
}

export interface MembershipEvents {
  /** Joined, for the first time or again: all others that are there. */
  present: readonly Described[];
  joined: Described;
  left: PeerId;
  signal: { readonly from: PeerId; readonly payload: unknown };
  turn: TurnEvent;
  offline: { readonly message: string };
  refused: { readonly reason: SignalingReason; readonly message: string };
  suspicious: { readonly from: PeerId | null; readonly reason: RoomReason; readonly message: string };
}

export class Membership {
  readonly events: TypedEvents<MembershipEvents>;
  readonly #emitter = new Emitter<MembershipEvents>();
  readonly #sealer: Sealer;
  readonly #doorkeeper: Doorkeeper;
  readonly #socket: SignalingSocket;
  #isOver = false;
  #waiting = 0;
  /** Opening and sealing are asynchronous; each chain keeps its direction's order. */
  #inbox: Promise<void> = Promise.resolve();
  #outbox: Promise<unknown> = Promise.resolve();
  /** Handed over, and not yet taken by the server. */
  readonly #untaken = new Set<Promise<void>>();

  /** Connects at once. */
  constructor({ signalUrl, keys, self, hello, privateKey, hostFingerprint }: MembershipOptions) {
    this.events = this.#emitter;
    const sealer = (this.#sealer = new Sealer(keys, self, privateKey));
    this.#doorkeeper = new Doorkeeper(keys, self, hostFingerprint);
    this.#socket = new SignalingSocket(signalUrl, async () => ({
      version: SIGNALING_VERSION,
      room: keys.room,
      peer: self,
      hello: await sealer.seal("*", hello),
    }));
    const { events } = this.#socket;
    events.on("members", (members) => this.#take(null, () => this.#present(members)));
    events.on("joined", (member) =>
      this.#take(member.peer, async () => this.#tell("joined", await this.#admit(member, false))),
    );
    events.on("left", (peer) => this.#take(peer, async () => this.#tell("left", peer)));
    events.on("relay", ({ from, sealed }) =>
      this.#take(from, async () => this.#tell("signal", { from, payload: await this.#doorkeeper.read(from, sealed) })),
    );
    events.on("turn", (event) => this.#tell("turn", event));
    events.on("offline", (event) => this.#tell("offline", event));
    events.on("refused", (event) => this.#tell("refused", event));
    events.on("nonsense", ({ message }) => this.#tell("suspicious", { from: null, reason: "bad-message", message }));
  }

  /** Resolves when the server took it. Calls keep their order. Rejects `RoomError`. */
  async send(to: PeerId, payload: object): Promise<void> {
    let taken: Promise<void> = Promise.resolve();
    const handedOver = this.#outbox.then(async () => {
      const sealed = await this.#sealer.seal(to, payload);
      taken = this.#socket.relay(to, sealed);
      this.#untaken.add(taken);
      const settle = () => void this.#untaken.delete(taken);
      taken.then(settle, settle);
    });
    this.#outbox = handedOver.catch(() => undefined);
    await handedOver;
    await taken;
  }

  /** Nothing is told any more. What was to be sent before still is, as far as the server takes it soon. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#outbox;
    // A server drops what it has not dealt with when the goodbye comes.
    if (this.#untaken.size > 0) await Promise.race([Promise.allSettled(this.#untaken), elapsed(FAREWELL_MS)]);
    this.#socket.close();
  }

  async #present(members: readonly Member[]): Promise<void> {
    const present: Described[] = [];
    for (const member of members) {
      try {
        present.push(await this.#admit(member, true));
      } catch (error) {
        this.#suspect(member.peer, error);
      }
    }
    if (this.#socket.isJoined) this.#tell("present", present);
  }

  async #admit(member: Member, again: boolean): Promise<Described> {
    return { peer: member.peer, hello: await this.#doorkeeper.admit(member, again) };
  }

  /** Deals with one delivery after all before it. */
  #take(from: PeerId | null, action: () => Promise<void>): void {
    if (this.#waiting >= MAX_WAITING) {
      const message = "the server delivers faster than this page can check; what came meanwhile was dropped";
      this.#tell("suspicious", { from, reason: "too-fast", message });
      return;
    }
    this.#waiting++;
    this.#inbox = this.#inbox.then(async () => {
      this.#waiting--;
      if (this.#isOver) return;
      try {
        await action();
      } catch (error) {
        this.#suspect(from, error);
      }
    });
  }

  #suspect(from: PeerId | null, error: unknown): void {
    if (!(error instanceof RoomError)) {
      // A fault of ours must be seen, and must not stop the deliveries behind it.
      queueMicrotask(() => {
        throw error;
      });
      return;
    }
    this.#tell("suspicious", { from, reason: error.reason, message: error.message });
  }

  #tell<Name extends keyof MembershipEvents>(name: Name, event: MembershipEvents[Name]): void {
    if (!this.#isOver) this.#emitter.emit(name, event);
  }
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
