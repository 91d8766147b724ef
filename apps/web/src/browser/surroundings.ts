/** A look at what this browser grants. */
import { hindrances, type Hindrance } from "../state/trouble.ts";
import { isQuota, weightsFolder } from "./kept-weights.ts";

/** Never rejects: what cannot be asked is not there. */
export async function lookAround(): Promise<readonly Hindrance[]> {
  const hasWebGpu = "gpu" in navigator;
  const [hasGpu, store] = await Promise.all([
    hasWebGpu ? navigator.gpu.requestAdapter().then(isHardware, () => false) : false,
    weightsFolder().then(
      () => "open" as const,
      (error: unknown) => (isQuota(error) ? "full" : "missing"),
    ),
  ]);
  return hindrances({ hasWebGpu, hasGpu, isIsolated: crossOriginIsolated, store, hasWebRtc: hasWebRtc() });
}

export function hasWebRtc(): boolean {
  return "RTCPeerConnection" in globalThis;
}

function isHardware(adapter: GPUAdapter | null): boolean {
  return adapter !== null && !adapter.info.isFallbackAdapter;
}
