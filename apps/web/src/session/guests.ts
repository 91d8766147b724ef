/** The devices in the host's room: who asks, who is in, what they are called, who is taken out. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { Introduction, type HostNotice, type PeerId, type Seat } from "@jupiter/protocol";
import type { Room, RoomMember } from "@jupiter/room";
import type { PeerLinks } from "@jupiter/transport";
import { cleanName, distinctName } from "../state/names.ts";
import type { RingTrouble } from "../state/trouble.ts";
import { texts } from "../texts/index.ts";
import { Admission, type Admissions, type Asking } from "./admission.ts";
import { DonorProxy, type Asked, type Device } from "./donor-proxy.ts";
import { createTicket, tryTicket } from "./ticket.ts";

export interface GuestsOptions {
  readonly room: Room;
  readonly links: PeerLinks;
  readonly admissions: Admissions;
  /** A stage that said it cannot go on, while no one waited for it. */
  readonly failed: (peer: PeerId, why: RingTrouble, message: string) => void;
  readonly gone: (peer: PeerId, why: RingTrouble, message: string) => void;
  /** `by` says that `whom` sent it what makes no sense. False: that cannot be. */
  readonly accused: (by: PeerId, whom: Seat, message: string) => boolean;
  /** Its page knows how to ask questions. */
  readonly canAsk: (peer: PeerId) => void;
  readonly asked: (peer: PeerId, message: Asked) => void;
  /** `former` is there again, as `peer`. */
  readonly returned: (former: PeerId, peer: PeerId) => void;
}

const WELCOME_AGAIN_MS = 1000;
const WELCOME_AGAIN_AT_MOST_MS = 30_000;
/** How long a donor that the server missed may take to show that its link lives. */
const PRESENCE_TIMEOUT_MS = 3000;

type Introduced = Introduction["introduction"];

/**
 * Invariants:
 * 1. a device has no link to this one, and no signal of it leads to one, before it is let in;
 * 2. who a device is, only the host hears, and only when it asks;
 * 3. what comes from a device counts while the room has it as a donor.
 */
export class Guests {
  readonly devices: ReadonlySignal<readonly Device[]>;
  readonly asking: ReadonlySignal<readonly Asking[]>;
  readonly admissions: ReadonlySignal<Admissions>;
  readonly #options: GuestsOptions;
  readonly #room: Room;
  readonly #admission: Admission;
  readonly #donors = signal<ReadonlyMap<PeerId, DonorProxy>>(new Map());
  /** What those that are there said of themselves. */
  readonly #met = new Map<PeerId, Introduced>();
  #removing: Promise<void> = Promise.resolve();

  constructor(options: GuestsOptions) {
    const { room, admissions } = options;
    this.#options = options;
    this.#room = room;
    this.#admission = new Admission(admissions);
    this.admissions = this.#admission.kept;
    this.asking = this.#admission.asking;
    this.devices = computed(() => [...this.#donors.value.values()].map(({ device }) => device.value));
    room.events.on("member-joined", (member) => this.#greet(member));
    room.events.on("signal", ({ from, payload }) => this.#hear(from, payload));
    room.events.on("member-left", ({ peer }) => {
      this.#met.delete(peer);
      // Whose link lives was only missed by the server.
      if (this.get(peer)?.isLinked !== true) this.#admission.left(peer);
      void this.get(peer)?.confirmPresence(PRESENCE_TIMEOUT_MS);
    });
    room.events.on("state", ({ kind }) => {
      if (kind !== "connected") return;
      // To whom this device could not say so before.
      for (const member of room.members) if (!this.#met.has(member.peer)) this.#greet(member);
    });
    this.#admission.keepOnly(room.members.map(({ peer }) => peer));
    for (const member of room.members) this.#greet(member);
  }

  get(peer: PeerId): DonorProxy | undefined {
    return this.#donors.value.get(peer);
  }

  setAsksFirst(asksFirst: boolean): void {
    this.#admission.setAsksFirst(asksFirst);
  }

  letIn(peer: PeerId): void {
    const member = this.#memberOf(peer);
    if (this.#admission.letIn(peer) && member !== undefined) void this.#welcome(member);
  }

  refuse(peer: PeerId): void {
    if (this.#admission.refuse(peer)) this.#notify(peer, "refused");
  }

  /** Also on its own page, which remembers. */
  rename(peer: PeerId, name: string): void {
    const donor = this.get(peer);
    if (donor === undefined) return;
    const distinct = this.#distinct(peer, cleanName(name, donor.device.value.name));
    donor.send({ type: "renamed", name: distinct });
  }

  /**
   * For good: the room goes on under another key, which all that stay are told over their links. Those without one at the moment are told that
   * they need the new link. Resolves when this side has the new key; `kept` is called before anyone is told.
   */
  remove(peer: PeerId, kept: () => void): Promise<void> {
    const step = this.#removing.then(() => this.#remove(peer, kept));
    this.#removing = step.catch(() => undefined);
    return step;
  }

  /** Tells all, and lets go of them. */
  async close(): Promise<void> {
    for (const { peer, role } of this.#room.members) if (role === "donor") this.#notify(peer, "closed");
    const donors = [...this.#donors.value.values()];
    for (const donor of donors) donor.send({ type: "removed", why: "closed" });
    await Promise.all(donors.map((donor) => donor.close()));
  }

  async #remove(peer: PeerId, kept: () => void): Promise<void> {
    const removed = this.get(peer);
    removed?.send({ type: "removed", why: "removed" });
    this.#notify(peer, "removed");
    this.#admission.expel(peer);
    this.#setDonors((donors) => donors.delete(peer));
    void removed?.close();
    const stay = [...this.#donors.value].filter(([, donor]) => donor.isLinked);
    const linked = new Set(stay.map(([other]) => other));
    for (const member of this.#room.members) {
      if (member.role === "donor" && member.peer !== peer && !linked.has(member.peer))
        this.#notify(member.peer, "moved");
    }
    const secret = await this.#room.expel(peer);
    kept();
    for (const [, donor] of stay) donor.send({ type: "rekeyed", secret, removed: peer });
  }

  #greet({ peer, role }: RoomMember): void {
    if (role === "donor") this.#notify(peer, "introduce");
  }

  #hear(from: PeerId, payload: unknown): void {
    const said = Introduction.safeParse(payload);
    if (!said.success) {
      if (this.#donors.value.has(from)) this.#options.links.receiveSignal(from, payload);
      return;
    }
    if (this.#met.has(from) || this.#memberOf(from)?.role !== "donor") return;
    this.#met.set(from, said.data.introduction);
    void this.#knock(from, said.data.introduction);
  }

  async #knock(peer: PeerId, introduced: Introduced): Promise<void> {
    const { device, resume } = introduced;
    if (resume !== undefined) await this.#readmit(peer, resume);
    const member = this.#memberOf(peer);
    if (member === undefined || this.#met.get(peer) !== introduced) return; // it went meanwhile
    const name = this.#distinct(peer, cleanName(introduced.name));
    const answer = this.#admission.knock({ peer, name, device: device === undefined ? null : cleanName(device) });
    switch (answer) {
      case "in": {
        const donor = this.get(peer);
        // The server alone had missed it: the ticket that it came back with is spent.
        if (donor?.isLinked === true) this.#handTicket(peer, donor);
        else void this.#welcome(member);
        return;
      }
      case "ask":
        this.#notify(peer, "asked");
        return;
      case "refused":
        this.#notify(peer, "refused");
        return;
      default:
        answer satisfies never;
    }
  }

  /** The device of before, under a new id: what is left of the old one goes, so that the name is free. */
  async #readmit(peer: PeerId, proof: string): Promise<void> {
    const ticket = await tryTicket(this.#admission.tickets, peer, proof);
    const former = ticket === null ? null : this.#admission.readmit(ticket, peer);
    if (former !== null) this.#options.returned(former, peer);
    const donor = former === null || former === peer ? undefined : this.get(former);
    if (former === null || donor === undefined) return;
    this.#setDonors((donors) => donors.delete(former));
    this.#options.gone(former, "left", texts.session.deviceLeft(donor.device.peek().name));
    await donor.close();
  }

  /** A device whose link broke while it stayed in the room is welcomed again, less and less often while that fails. */
  async #welcome({ peer }: RoomMember, tries = 0): Promise<void> {
    if (this.#donors.value.has(peer)) return;
    const again = (attempt: number) => {
      setTimeout(
        () => {
          const member = this.#memberOf(peer);
          if (member === undefined) this.#admission.left(peer);
          if (member === undefined || this.#room.state.kind === "closed") return;
          if (this.get(peer) === donor) this.#setDonors((donors) => donors.delete(peer));
          // It left meanwhile, and somebody is here under its id: whoever that is knocks.
          if (this.#admission.isIn(peer)) void this.#welcome(member, attempt);
        },
        Math.min(WELCOME_AGAIN_MS * 2 ** attempt, WELCOME_AGAIN_AT_MOST_MS),
      );
    };
    const donor: DonorProxy = new DonorProxy({
      peer,
      name: this.#distinct(peer, cleanName(this.#met.get(peer)?.name ?? "")),
      nameFor: (wanted) => this.#distinct(peer, cleanName(wanted)),
      failed: (why, message) => this.#options.failed(peer, why, message),
      accused: (whom, message) => this.#options.accused(peer, whom, message),
      canAsk: () => this.#options.canAsk(peer),
      asked: (message) => this.#options.asked(peer, message),
      gone: (message, goodbye) => {
        this.#setDonors((donors) => donors.delete(peer));
        this.#options.gone(peer, goodbye === null ? "vanished" : "left", message);
        if (goodbye === null) again(0);
        else if (goodbye === "left") this.#admission.departed(peer);
        else this.#admission.left(peer);
      },
    });
    this.#setDonors((donors) => donors.set(peer, donor));
    try {
      donor.attach(await this.#options.links.connect(peer, "control"));
      this.#handTicket(peer, donor);
      this.#tellGuests();
    } catch (error) {
      donor.unreachable(error instanceof Error ? error.message : String(error));
      again(tries + 1);
    }
  }

  /** For its next visit; over a link that is there, or the one that it has would be void. */
  #handTicket(peer: PeerId, donor: DonorProxy): void {
    if (!donor.isLinked) return;
    const ticket = createTicket();
    this.#admission.issue(peer, ticket);
    donor.send({ type: "ticket", ticket });
  }

  #memberOf(peer: PeerId): RoomMember | undefined {
    return this.#room.members.find((member) => member.peer === peer);
  }

  #distinct(peer: PeerId, wanted: string): string {
    const others = [...this.devices.peek(), ...this.asking.peek()].filter((other) => other.peer !== peer);
    return distinctName(
      wanted,
      others.map(({ name }) => name),
    );
  }

  /** One that is not there any more needs no word; a server that takes no more at the moment is asked again. */
  #notify(peer: PeerId, notice: HostNotice["notice"]): void {
    this.#room.sendSignal(peer, { notice } satisfies HostNotice).catch((error: unknown) => {
      // By its name: adapters are not imported here.
      const isBusy = error instanceof Error && "reason" in error && error.reason === "too-fast";
      if (isBusy) setTimeout(() => this.#notify(peer, notice), WELCOME_AGAIN_MS);
    });
  }

  #setDonors(change: (donors: Map<PeerId, DonorProxy>) => void): void {
    const donors = new Map(this.#donors.value);
    change(donors);
    this.#donors.value = donors;
    this.#tellGuests();
  }

  #tellGuests(): void {
    const peers = [...this.#donors.value.keys()];
    for (const [peer, donor] of this.#donors.value)
      donor.send({ type: "guests", peers: peers.filter((other) => other !== peer) });
  }
}
