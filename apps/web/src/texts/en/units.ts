/** Numbers as people read them. */

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export const units = {
  /** Decimal units, as browsers and shops count downloads. */
  bytes(bytes: number): string {
    if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
    if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
    return `${(bytes / 1e9).toFixed(1)} GB`;
  },
  seconds: (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`,
  milliseconds: (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`,
  rate: (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0),
  /** As providers sell it. */
  bitRate: (bytesPerMs: number): string => {
    const mbit = bytesPerMs / 125;
    return `${mbit.toFixed(mbit < 10 ? 1 : 0)} Mbit/s`;
  },
  tokens: (count: number): string => counted(count, "token", "tokens"),
  layers: (count: number): string => counted(count, "layer", "layers"),
  devices: (count: number): string => counted(count, "device", "devices"),
};
