import { httpByteSource, WeightSource, type Checkpoint, type WeightForm, type WeightShare } from "@jupiter/model";
import type { Backend } from "@jupiter/runtime";

export function weightSource(
  checkpoint: Checkpoint,
  url: string,
  share: WeightShare,
  onProgress: (loadedBytes: number, totalBytes: number) => void,
): WeightSource {
  const source = httpByteSource(new URL(url, self.location.origin).href);
  return new WeightSource(checkpoint, source, share, {
    onProgress: ({ loadedBytes, totalBytes }) => onProgress(loadedBytes, totalBytes),
  });
}

/** Quantised blocks belong on the GPU; on wasm they would be unpacked anew on every run. */
export function weightForm(backend: Backend): WeightForm {
  return backend === "webgpu" ? "blocks" : "dense";
}
