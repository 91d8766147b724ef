/**
 * How many frames others may send to this device. Every frame that comes here leaves as one (dead ones too), and what comes back to the host
 * was sent by it: so what came and has not left is bounded, whoever sends. Pure.
 */
export interface FrameBounds {
  /** That may come before any has left: 0 at the host, where each frame's way begins. */
  readonly framesAhead: number;
  /** Of the frames that wait here. */
  readonly bytes: number;
}

export class FrameCredit {
  readonly #bounds: FrameBounds;
  /** Sizes of the frames that wait here, in the order they came. */
  #waiting: number[] = [];
  #waitingBytes = 0;
  #credit: number;

  constructor(bounds: FrameBounds) {
    this.#bounds = bounds;
    this.#credit = bounds.framesAhead;
  }

  /** Another ring begins. */
  reset(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#credit = this.#bounds.framesAhead;
  }

  left(): void {
    this.#credit++;
    this.#waitingBytes -= this.#waiting.shift() ?? 0;
  }

  /** Null: it may come; else what its sender did, to go on after its name. */
  came(sizeBytes: number): string | null {
    this.#credit--;
    this.#waiting.push(sizeBytes);
    this.#waitingBytes += sizeBytes;
    const { framesAhead, bytes } = this.#bounds;
    if (this.#credit < 0) {
      return framesAhead === 0
        ? "sent more frames than it was given"
        : `sent more than ${framesAhead} frames without waiting for any to be computed`;
    }
    return this.#waitingBytes > bytes ? `sent frames of more than ${bytes} bytes without waiting for any` : null;
  }
}
