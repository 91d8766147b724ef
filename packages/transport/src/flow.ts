/** Bytes buffered at which a link stops filling its channel, and to which they must fall before it goes on. */
export interface Watermarks {
  readonly highBytes: number;
  readonly lowBytes: number;
}

// Chromium closes a channel whose buffer passes 16 MB; 1 MB keeps a fast link busy for 30 ms, 256 KB for the time a wake-up takes.
export const WATERMARKS: Watermarks = { highBytes: 1 << 20, lowBytes: 256 << 10 };

/** Two marks instead of one, so that a full channel is refilled in long runs. */
export class FlowGate {
  readonly #marks: Watermarks;
  #open = true;

  constructor(marks: Watermarks) {
    this.#marks = marks;
  }

  isOpen(bufferedBytes: number): boolean {
    this.#open = bufferedBytes < (this.#open ? this.#marks.highBytes : this.#marks.lowBytes + 1);
    return this.#open;
  }
}
