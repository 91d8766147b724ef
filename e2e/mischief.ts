/** A device that lies to its neighbours in the ring. Runs in a tab before its own scripts, and does nothing until `mischief` is set. */

declare global {
  /** `garbage`: no frames any more. `number`: well-formed frames that nobody waits for. */
  var mischief: "garbage" | "number" | undefined;
}

export function ableToLie(): void {
  const SLICE_HEADER_BYTES = 8;
  const isRingFrame = (slice: Uint8Array) =>
    slice[1]! <= 1 && slice.length >= SLICE_HEADER_BYTES + 12 && slice[SLICE_HEADER_BYTES + 1]! <= 4;
  const altered = (slice: Uint8Array<ArrayBuffer>) => {
    if (globalThis.mischief === undefined || !isRingFrame(slice)) return slice;
    const lie = slice.slice();
    const frame = new DataView(lie.buffer, SLICE_HEADER_BYTES);
    if (globalThis.mischief === "garbage") frame.setUint8(0, 99);
    else frame.setUint32(4, frame.getUint32(4, true) + 1000, true);
    return lie;
  };
  const { send } = RTCDataChannel.prototype as { send: (data: unknown) => void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    send.call(this, data instanceof Uint8Array ? altered(data as Uint8Array<ArrayBuffer>) : data);
  };
}
