/** What this device says of itself. */
import type { Backend, DonorMessage } from "@jupiter/protocol";
import { PROBE_VERSION } from "@jupiter/protocol/versions";

/** A guess that people recognise: "Chrome on Windows". */
export function deviceName(userAgent = navigator.userAgent): string {
  const find = (pairs: readonly (readonly [RegExp, string])[], other: string) =>
    pairs.find(([pattern]) => pattern.test(userAgent))?.[1] ?? other;
  const browser = find(
    [
      [/Edg\//, "Edge"],
      [/OPR\//, "Opera"],
      [/Firefox\/|FxiOS\//, "Firefox"],
      [/Chrome\/|CriOS\//, "Chrome"],
      [/Safari\//, "Safari"],
    ],
    "Browser",
  );
  const system = find(
    [
      [/iPhone/, "iPhone"],
      [/iPad/, "iPad"],
      [/Android/, "Android"],
      [/Mac OS X/, "Mac"],
      [/Windows/, "Windows"],
      [/CrOS/, "Chromebook"],
      [/Linux/, "Linux"],
    ],
    "a device",
  );
  return `${browser} on ${system}`;
}

/** Its system stops a page that is not in front. */
export function isPhone(userAgent = navigator.userAgent): boolean {
  // An iPad calls itself a Mac; no Mac has a touch screen.
  return /iPhone|iPad|Android/.test(userAgent) || (userAgent.includes("Mac OS X") && navigator.maxTouchPoints > 1);
}

/** Its system asks once whether a browser may use the local network. */
export function isApple(userAgent = navigator.userAgent): boolean {
  return /iPhone|iPad|Mac OS X/.test(userAgent);
}

/** Bytes that this tab offers at first. Browsers do not tell what is free: `deviceMemory` is a coarse, capped hint. */
export function memoryPledgeBytes(): number {
  const hintGiB: unknown = Reflect.get(navigator, "deviceMemory");
  const gib = typeof hintGiB === "number" ? hintGiB / 4 : isPhone() ? 0.75 : 2;
  return Math.round(Math.min(3, gib) * 2 ** 30);
}

/** The most that a tab of this device can hold: iPhones end one near 1.5 GB, wasm's addresses end at 4. */
export function maxPledgeBytes(): number {
  return Math.max(memoryPledgeBytes(), (isPhone() ? 1.25 : 4) * 2 ** 30);
}

/** Those that may be tried, the preferred one first. */
export function ownBackends(): readonly Backend[] {
  return "gpu" in navigator ? ["webgpu", "wasm"] : ["wasm"];
}

export function hello(name: string, memoryPledgeBytes: number): Extract<DonorMessage, { type: "hello" }> {
  return {
    type: "hello",
    name,
    backends: ownBackends(),
    memoryPledgeBytes,
    threads: navigator.hardwareConcurrency,
    userAgent: navigator.userAgent.slice(0, 500),
    probe: PROBE_VERSION,
    asks: true,
    versions: JUPITER_VERSIONS,
  };
}
