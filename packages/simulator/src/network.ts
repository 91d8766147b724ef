/** Simulated links, each message's passage by the arithmetic of shaped links. */
import { Medium, ShapedPath, type LinkShape } from "@jupiter/transport/link-shape";
import type { VirtualClock } from "./virtual-clock.ts";

export interface NetworkOptions {
  readonly devices: readonly string[];
  /** Of the link from one device to another, both by index. */
  readonly shapeOf: (from: number, to: number) => LinkShape;
  /** Links that name one medium send one after the other; null: a medium of their own. */
  readonly mediumOf: (from: number, to: number) => string | null;
  readonly seed: number;
}

export interface LinkUse {
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  readonly sizeBytes: number;
}

interface Link {
  readonly path: ShapedPath;
  messages: number;
  sizeBytes: number;
}

export class Network {
  readonly #clock: VirtualClock;
  readonly #options: NetworkOptions;
  readonly #links = new Map<number, Link>();
  readonly #media = new Map<string, Medium>();

  constructor(clock: VirtualClock, options: NetworkOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Messages of one link arrive in the order in which they were sent. */
  send(from: number, to: number, sizeBytes: number, arrive: () => void): void {
    const link = this.#link(from, to);
    link.messages++;
    link.sizeBytes += sizeBytes;
    const { arrivesMs } = link.path.next(sizeBytes, this.#clock.nowMs);
    this.#clock.after(arrivesMs - this.#clock.nowMs, arrive);
  }

  /** Links that were used. */
  get uses(): readonly LinkUse[] {
    const { devices } = this.#options;
    return [...this.#links].map(([key, { messages, sizeBytes }]) => ({
      from: devices[Math.floor(key / devices.length)] ?? "?",
      to: devices[key % devices.length] ?? "?",
      messages,
      sizeBytes,
    }));
  }

  #link(from: number, to: number): Link {
    const { devices, shapeOf, mediumOf, seed } = this.#options;
    const key = from * devices.length + to;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const name = mediumOf(from, to);
    const medium = name === null ? new Medium() : (this.#media.get(name) ?? new Medium());
    if (name !== null) this.#media.set(name, medium);
    const link = { path: new ShapedPath(shapeOf(from, to), seed + key, medium), messages: 0, sizeBytes: 0 };
    this.#links.set(key, link);
    return link;
  }
}
