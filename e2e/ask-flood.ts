/** A donor's page that asks each of its questions as often as `askedTimes` says. Runs in a tab before its own scripts. */

declare global {
  var askedTimes: number | undefined;
}

export function ableToFlood(): void {
  const { send } = RTCDataChannel.prototype as { send: (data: unknown) => void };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const isAsk = data instanceof Uint8Array && new TextDecoder().decode(data).includes('{"type":"ask"');
    const times = isAsk ? (globalThis.askedTimes ?? 1) : 1;
    for (let time = 0; time < times; time++) send.call(this, data);
  };
}
