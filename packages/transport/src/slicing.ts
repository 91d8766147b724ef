/**
 * Messages as slices small enough for any browser's data channel, and back. A slice is
 * `u8 version, u8 kind, u16 0, u32 number, payload` (little endian); `number` is the message's length in `whole` and `first`, the offset in
 * `next`, 0 in `abandon`. The slices of one message follow each other without others between. 8 bytes of header keep the payload aligned.
 */
import { TransportError } from "./errors.ts";

const SLICE_HEADER_BYTES = 8;

const VERSION = 1;
const WHOLE = 0;
const FIRST = 1;
const NEXT = 2;
const ABANDON = 3;

/** Cuts messages. All slices are written into one buffer: hand each on before asking for the next. */
export class Slicer {
  readonly #slice: Uint8Array;
  readonly #view: DataView;
  readonly #payloadBytes: number;

  /** `sliceBytes` header included. */
  constructor(sliceBytes: number) {
    if (!Number.isInteger(sliceBytes) || sliceBytes <= SLICE_HEADER_BYTES) {
      throw new RangeError(`a slice needs more than its ${SLICE_HEADER_BYTES} bytes of header; got ${sliceBytes}`);
    }
    this.#slice = new Uint8Array(sliceBytes);
    this.#view = new DataView(this.#slice.buffer);
    this.#payloadBytes = sliceBytes - SLICE_HEADER_BYTES;
    this.#view.setUint8(0, VERSION);
  }

  /** Payload of the slice that starts at `offset`. */
  payloadBytes(message: Uint8Array, offset: number): number {
    return Math.min(this.#payloadBytes, message.length - offset);
  }

  slice(message: Uint8Array, offset: number): Uint8Array {
    const length = this.payloadBytes(message, offset);
    this.#view.setUint8(1, offset > 0 ? NEXT : length === message.length ? WHOLE : FIRST);
    this.#view.setUint32(4, offset > 0 ? offset : message.length, true);
    this.#slice.set(message.subarray(offset, offset + length), SLICE_HEADER_BYTES);
    return this.#slice.subarray(0, SLICE_HEADER_BYTES + length);
  }

  /** Tells the peer that the message begun will not be finished. */
  abandon(): Uint8Array {
    this.#view.setUint8(1, ABANDON);
    this.#view.setUint32(4, 0);
    return this.#slice.subarray(0, SLICE_HEADER_BYTES);
  }
}

/** Puts messages together: one at a time, none longer than `maxMessageBytes`. Throws `TransportError` 'bad-slice'. */
export class Reassembler {
  readonly #maxMessageBytes: number;
  #message: Uint8Array | null = null;
  #received = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The message that `slice` completes, or null. A message of one slice is a view of it. */
  push(slice: Uint8Array): Uint8Array | null {
    if (slice.length < SLICE_HEADER_BYTES) throw bad(`has ${slice.length} bytes, fewer than its header`);
    const view = new DataView(slice.buffer, slice.byteOffset, SLICE_HEADER_BYTES);
    const number = view.getUint32(4, true);
    const payload = slice.subarray(SLICE_HEADER_BYTES);
    if (view.getUint8(0) !== VERSION) throw bad(`has version ${view.getUint8(0)}, not ${VERSION}; reload both pages`);
    if (view.getUint16(2, true) !== 0) throw bad("has reserved bytes that are not 0");
    const kind = view.getUint8(1);
    if (kind === WHOLE || kind === FIRST) {
      if (this.#message)
        throw bad(`begins a message inside another (${this.#received} of ${this.#message.length} bytes)`);
      if (number > this.#maxMessageBytes) throw bad(`announces ${number} bytes; at most ${this.#maxMessageBytes}`);
      if (kind === WHOLE) {
        if (payload.length !== number) throw bad(`announces ${number} bytes and carries ${payload.length}`);
        return payload;
      }
      if (payload.length === 0 || payload.length >= number) {
        throw bad(`is the first of ${number} bytes and carries ${payload.length}`);
      }
      this.#message = new Uint8Array(number);
      this.#message.set(payload);
      this.#received = payload.length;
      return null;
    }
    const message = this.#message;
    if (!message) throw bad("goes on with a message that was not begun");
    if (kind === ABANDON) {
      this.#message = null;
      return null;
    }
    if (kind !== NEXT) throw bad(`is of kind ${kind}, which means nothing`);
    if (number !== this.#received) throw bad(`starts at byte ${number}; expected ${this.#received}`);
    if (payload.length === 0 || payload.length > message.length - number) {
      throw bad(`carries ${payload.length} bytes at ${number} of ${message.length}`);
    }
    message.set(payload, number);
    this.#received += payload.length;
    if (this.#received < message.length) return null;
    this.#message = null;
    return message;
  }
}

function bad(what: string): TransportError {
  return new TransportError("bad-slice", `a slice from the peer ${what}`);
}
