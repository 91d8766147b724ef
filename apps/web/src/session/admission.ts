/** Who may come in: all that have the link, or only those that a person at the host lets in. Decides; what follows is done by `Guests`. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { PeerId } from "@jupiter/protocol";
import type { RoomMember } from "@jupiter/room";

/**
 * What is kept over a reload of the host's tab. Pages draw their ids, but every member sees them: an id counts as let in only while its device
 * is there, so that nobody comes in under the id of one that left.
 */
export interface Admissions {
  readonly asksFirst: boolean;
  readonly admitted: readonly PeerId[];
}

export const OPEN_DOOR: Admissions = { asksFirst: false, admitted: [] };

/** A device that waits for an answer. */
export type Asking = Pick<RoomMember, "peer" | "name" | "device">;

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
    this.#kept.value = { ...this.#kept.value, asksFirst };
  }

  /** A device came, or came back. 'ask' puts it on the list of those that wait. */
  knock(device: Asking): "in" | "ask" | "refused" {
    const { asksFirst, admitted } = this.#kept.value;
    if (this.#refused.has(device.peer)) return "refused";
    if (admitted.includes(device.peer)) return "in";
    if (!asksFirst) {
      this.#admit(device.peer);
      return "in";
    }
    this.#asking.value = [...this.#asking.value.filter(({ peer }) => peer !== device.peer), device];
    return "ask";
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

  /** It went by itself, whether it waited or was in: when it comes back it is asked for anew. */
  left(peer: PeerId): void {
    this.#forget(peer);
    this.#dismiss(peer);
  }

  /** After the host's reload: of those let in before, only these are still there. */
  keepOnly(present: readonly PeerId[]): void {
    const { asksFirst, admitted } = this.#kept.value;
    this.#kept.value = { asksFirst, admitted: admitted.filter((peer) => present.includes(peer)) };
  }

  /** It may not come back under this id. */
  expel(peer: PeerId): void {
    this.#forget(peer);
    this.#refused.add(peer);
    this.#dismiss(peer);
  }

  #dismiss(peer: PeerId): void {
    const { asksFirst, admitted } = this.#kept.value;
    if (admitted.includes(peer)) this.#kept.value = { asksFirst, admitted: admitted.filter((other) => other !== peer) };
  }

  #admit(peer: PeerId): void {
    const { asksFirst, admitted } = this.#kept.value;
    this.#kept.value = { asksFirst, admitted: [...admitted, peer].slice(-KEPT) };
  }

  #forget(peer: PeerId): boolean {
    const rest = this.#asking.value.filter((device) => device.peer !== peer);
    if (rest.length === this.#asking.value.length) return false;
    this.#asking.value = rest;
    return true;
  }
}
