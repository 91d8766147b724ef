/** Who may come in: all that have the link, or only those that a person at the host lets in. Decides; what follows is done by `Guests`. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { PeerId } from "@jupiter/protocol";

/**
 * What is kept over a reload of the host's tab. Pages draw their ids, but every member sees them: an id counts as let in only while its device
 * is there, so that nobody comes in under the id of one that left.
 */
export interface Admissions {
  readonly asksFirst: boolean;
  readonly admitted: readonly PeerId[];
  /** Of devices that were let in: each knows its own, and comes in again by it under another id. */
  readonly tickets: readonly Ticket[];
}

interface Ticket {
  readonly ticket: string;
  /** Whose it is; the device may be gone. */
  readonly peer: PeerId;
}

export const OPEN_DOOR: Admissions = { asksFirst: false, admitted: [], tickets: [] };

/** A device that waits for an answer. */
export interface Asking {
  readonly peer: PeerId;
  readonly name: string;
  /** What it says it is. */
  readonly device: string | null;
}

/** Of the last ones let in: more than a room holds. */
const KEPT = 256;

export class Admission {
  readonly kept: ReadonlySignal<Admissions>;
  readonly asking: ReadonlySignal<readonly Asking[]>;
  readonly #kept: Signal<Admissions>;
  readonly #asking = signal<readonly Asking[]>([]);
  readonly #refused = new Set<PeerId>();

  constructor(kept: Admissions) {
    this.#kept = signal(kept);
    this.kept = this.#kept;
    this.asking = this.#asking;
  }

  /** Those that are in stay; those that wait still wait for their answer. */
  setAsksFirst(asksFirst: boolean): void {
    this.#change({ asksFirst });
  }

  /** A device came, or came back. 'ask' puts it on the list of those that wait. */
  knock(device: Asking): "in" | "ask" | "refused" {
    if (this.#refused.has(device.peer)) return "refused";
    if (this.isIn(device.peer)) return "in";
    if (!this.#kept.value.asksFirst) {
      this.#admit(device.peer);
      return "in";
    }
    this.#asking.value = [...this.#asking.value.filter(({ peer }) => peer !== device.peer), device];
    return "ask";
  }

  isIn(peer: PeerId): boolean {
    return this.#kept.value.admitted.includes(peer);
  }

  /** False: it does not wait any more. */
  letIn(peer: PeerId): boolean {
    if (!this.#forget(peer)) return false;
    this.#admit(peer);
    return true;
  }

  /** False: it does not wait any more. */
  refuse(peer: PeerId): boolean {
    if (!this.#forget(peer)) return false;
    this.#refused.add(peer);
    return true;
  }

  /** It went, whether it waited or was in: when it comes back it is asked for anew, unless it shows its ticket. */
  left(peer: PeerId): void {
    this.#forget(peer);
    this.#dismiss(peer);
  }

  /** It went by its person's will: its ticket is over, too. */
  departed(peer: PeerId): void {
    this.left(peer);
    this.#tear(peer);
  }

  /** One that is in gets this ticket, in the place of any before. */
  issue(peer: PeerId, ticket: string): void {
    this.#tear(peer);
    this.#change({ tickets: [...this.#kept.value.tickets, { ticket, peer }].slice(-KEPT) });
  }

  get tickets(): readonly string[] {
    return this.#kept.value.tickets.map(({ ticket }) => ticket);
  }

  /** Lets `peer` in, which showed this ticket, and returns the id that it had before; null: the ticket is over. It is good once. */
  readmit(ticket: string, peer: PeerId): PeerId | null {
    const held = this.#kept.value.tickets.find((each) => each.ticket === ticket);
    if (held === undefined || this.#refused.has(peer)) return null;
    this.departed(held.peer);
    this.#forget(peer);
    this.#admit(peer);
    return held.peer;
  }

  /** After the host's reload: of those let in before, only these are still there. */
  keepOnly(present: readonly PeerId[]): void {
    this.#change({ admitted: this.#kept.value.admitted.filter((peer) => present.includes(peer)) });
  }

  /** It may not come back under this id. */
  expel(peer: PeerId): void {
    this.#forget(peer);
    this.#refused.add(peer);
    this.#dismiss(peer);
    this.#tear(peer);
  }

  #dismiss(peer: PeerId): void {
    const { admitted } = this.#kept.value;
    if (admitted.includes(peer)) this.#change({ admitted: admitted.filter((other) => other !== peer) });
  }

  #tear(peer: PeerId): void {
    const { tickets } = this.#kept.value;
    if (tickets.some((held) => held.peer === peer))
      this.#change({ tickets: tickets.filter((held) => held.peer !== peer) });
  }

  #admit(peer: PeerId): void {
    const others = this.#kept.value.admitted.filter((other) => other !== peer);
    this.#change({ admitted: [...others, peer].slice(-KEPT) });
  }

  #change(change: Partial<Admissions>): void {
    this.#kept.value = { ...this.#kept.value, ...change };
  }

  #forget(peer: PeerId): boolean {
    const rest = this.#asking.value.filter((device) => device.peer !== peer);
    if (rest.length === this.#asking.value.length) return false;
    this.#asking.value = rest;
    return true;
  }
}
