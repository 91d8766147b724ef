/** A look at what this browser grants. */
import { hindrances, type Hindrance } from "../state/trouble.ts";
import { weightsFolder } from "./kept-weights.ts";

/** Never rejects: what cannot be asked is not there. */
export async function lookAround(): Promise<readonly Hindrance[]> {
  const hasWebGpu = "gpu" in navigator;
  const [hasGpu, keepsFiles] = await Promise.all([
    hasWebGpu ? navigator.gpu.requestAdapter().then(isHardware, () => false) : false,
    weightsFolder().then(
      () => true,
      () => false,
    ),
  ]);
  return hindrances({ hasWebGpu, hasGpu, isIsolated: crossOriginIsolated, keepsFiles, hasWebRtc: hasWebRtc() });
}

export function hasWebRtc(): boolean {
  return "RTCPeerConnection" in globalThis;
}

function isHardware(adapter: GPUAdapter | null): boolean {
  return adapter !== null && !adapter.info.isFallbackAdapter;
}
