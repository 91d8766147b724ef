const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Calls back after the messages that this thread has got so far: unlike a timer, without a floor of milliseconds. */
export function soon(callback: () => void): void {
  waiting.push(callback);
  channel.port2.postMessage(null);
}
