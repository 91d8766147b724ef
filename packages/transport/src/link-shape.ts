/**
 * When messages leave and arrive on a link of a given rate, delay, jitter and loss. Pure and seeded: shaped links in tabs and simulated links are
 * of the same arithmetic.
 */
export interface LinkShape {
  /** Megabits (10^6) per second in each direction; left out: as fast as it comes. */
  readonly mbitPerS?: number;
  /** One way. */
  readonly delayMs?: number;
  /** Up to so much more delay, evenly spread. Order is kept. */
  readonly jitterMs?: number;
  /** What a message costs its sender's end of the link besides its bytes. */
  readonly perMessageMs?: number;
  /** Bytes that travel with every message besides its own. */
  readonly perMessageBytes?: number;
  /** Share of packets that are lost, 0 to 1. A message with a lost packet arrives later; the link stays reliable and in order. */
  readonly loss?: number;
}

/** What several links send through one after the other: an uplink, a Wi-Fi. */
export class Medium {
  freeAtMs = 0;
}

export interface Passage {
  /** The medium is free again. */
  readonly sentMs: number;
  readonly arrivesMs: number;
}

const PACKET_BYTES = 1200;
/** Before it is sent again: a round trip, and at least what SCTP and TCP wait before they believe in a loss. */
const RETRANSMIT_MS = 200;

export class ShapedPath {
  readonly #shape: LinkShape;
  readonly #medium: Medium;
  readonly #random: () => number;
  #lastArrivalMs = 0;

  /** Throws `RangeError` for a shape that makes no sense. */
  constructor(shape: LinkShape, seed: number, medium = new Medium()) {
    checkShape(shape);
    this.#shape = shape;
    this.#medium = medium;
    this.#random = uniforms(seed);
  }

  next(sizeBytes: number, nowMs: number): Passage {
    const { mbitPerS = Infinity, delayMs = 0, jitterMs = 0, perMessageMs = 0, perMessageBytes = 0 } = this.#shape;
    const startMs = Math.max(nowMs, this.#medium.freeAtMs);
    const sentMs = startMs + perMessageMs + (sizeBytes + perMessageBytes) / (mbitPerS * 125);
    this.#medium.freeAtMs = sentMs;
    const lateMs = jitterMs === 0 ? 0 : jitterMs * this.#random();
    const arrivesMs = Math.max(this.#lastArrivalMs, sentMs + delayMs + lateMs + this.#retransmissionMs(sizeBytes));
    this.#lastArrivalMs = arrivesMs;
    return { sentMs, arrivesMs };
  }

  #retransmissionMs(sizeBytes: number): number {
    const { loss = 0, delayMs = 0 } = this.#shape;
    if (loss === 0) return 0;
    let lost = 1 - (1 - loss) ** Math.max(1, Math.ceil(sizeBytes / PACKET_BYTES));
    let ms = 0;
    while (this.#random() < lost) {
      ms += Math.max(RETRANSMIT_MS, 2 * delayMs);
      lost = loss; // of many packets few are lost, and only those are sent again
    }
    return ms;
  }
}

function checkShape({ mbitPerS = 1, loss = 0, ...times }: LinkShape): void {
  if (!(mbitPerS > 0)) throw new RangeError(`a link's rate is above 0 Mbit/s, not ${mbitPerS}`);
  if (!(loss >= 0 && loss < 1)) throw new RangeError(`a link loses 0 to less than 1 of its packets, not ${loss}`);
  for (const [name, value] of Object.entries(times))
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`a link's ${name} is 0 or more, not ${value}`);
}

/** Numbers in [0, 1), by a Weyl sequence and a mixing of its bits. */
function uniforms(seed: number): () => number {
  let weyl = Math.imul(seed + 1, 0x9e3779b9);
  return () => {
    weyl = (weyl + 0x6d2b79f5) | 0;
    let z = Math.imul(weyl ^ (weyl >>> 15), 0x2c1b3c6d);
    z = Math.imul(z ^ (z >>> 12), 0x297a2d39);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
