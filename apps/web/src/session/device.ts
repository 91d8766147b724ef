/** What this device says of itself. */
import type { Backend, DonorMessage } from "@jupiter/protocol";

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

/** Bytes that this tab may be asked to hold. Browsers do not tell what is free: `deviceMemory` is a coarse, capped hint. */
export function memoryPledgeBytes(): number {
  const hintGiB: unknown = Reflect.get(navigator, "deviceMemory");
  const isPhone = /iPhone|iPad|Android/.test(navigator.userAgent);
  const gib = typeof hintGiB === "number" ? hintGiB / 4 : isPhone ? 0.75 : 2;
  return Math.round(Math.min(3, gib) * 2 ** 30);
}

export function hello(name: string): Extract<DonorMessage, { type: "hello" }> {
  const backends: Backend[] = "gpu" in navigator ? ["webgpu", "wasm"] : ["wasm"];
  return {
    type: "hello",
    name,
    backends,
    memoryPledgeBytes: memoryPledgeBytes(),
    threads: navigator.hardwareConcurrency,
    userAgent: navigator.userAgent.slice(0, 500),
    versions: JUPITER_VERSIONS,
  };
}
