/** A device that lies to its neighbours in the ring. Runs in a tab before its own scripts, and does nothing until `mischief` is set. */

declare global {
  /**
   * `garbage`: no frames any more. `number`: well-formed frames that nobody waits for. `arena`: the rows of every frame in an arena of their
   * own. `flood`: every frame a thousand times.
   */
  var mischief: "garbage" | "number" | "arena" | "flood" | undefined;
}

export function ableToLie(): void {
  const SLICE_HEADER_BYTES = 8;
  const FLOOD = 1000;
  const isRingFrame = (slice: Uint8Array) =>
    slice[1]! <= 1 && slice.length >= SLICE_HEADER_BYTES + 12 && slice[SLICE_HEADER_BYTES + 1]! <= 4;
  /** Behind the head, stages' times, and how many commands and rows there are. */
  const arenaAt = (frame: DataView) => 12 + 12 * frame.getUint8(3) + 8;
  const altered = (slice: Uint8Array<ArrayBuffer>) => {
    if (globalThis.mischief === undefined || !isRingFrame(slice)) return slice;
    const lie = slice.slice();
    const frame = new DataView(lie.buffer, SLICE_HEADER_BYTES);
    const number = frame.getUint32(4, true);
    if (globalThis.mischief === "garbage") frame.setUint8(0, 99);
    if (globalThis.mischief === "number") frame.setUint32(4, number + 1000, true);
    if (globalThis.mischief === "arena") frame.setUint32(arenaAt(frame), number + 1000, true);
    return lie;
  };
  const { send } = RTCDataChannel.prototype as { send: (data: unknown) => void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    if (!(data instanceof Uint8Array)) return send.call(this, data);
    const slice = data as Uint8Array<ArrayBuffer>;
    const times = globalThis.mischief === "flood" && isRingFrame(slice) ? FLOOD : 1;
    for (let time = 0; time < times; time++) send.call(this, altered(slice));
  };
}
