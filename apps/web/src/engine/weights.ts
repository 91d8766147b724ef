import {
  blobByteSource,
  httpByteSource,
  WeightSource,
  type ByteSource,
  type Checkpoint,
  type WeightForm,
  type WeightShare,
} from "@jupiter/model";
import type { Rung } from "@jupiter/runtime";
import { unpacks } from "@jupiter/runtime/ladder";
import { OpfsTensorStore } from "../browser/opfs-tensor-store.ts";
import type { ModelSource } from "./api.ts";
import { modelAddress } from "./model-address.ts";

export interface WeightPorts {
  readonly progress: (loadedBytes: number, totalBytes: number, phase: "fetching" | "waiting") => void;
  /** Of what this browser keeps; a sentence. */
  readonly storage: (message: string) => void;
}

export function byteSource(source: ModelSource): ByteSource {
  return source instanceof File ? blobByteSource(source) : httpByteSource(modelAddress(source));
}

/** From this browser's store where it has them, else from `source`. */
export async function weightSource(
  checkpoint: Checkpoint,
  source: ByteSource,
  share: WeightShare,
  { progress, storage }: WeightPorts,
): Promise<WeightSource> {
  const store = await OpfsTensorStore.tryOpen({ model: checkpoint.id, say: storage });
  return new WeightSource(checkpoint, source, share, {
    onProgress: ({ loadedBytes, totalBytes, isAway }) =>
      progress(loadedBytes, totalBytes, isAway ? "waiting" : "fetching"),
    ...(store === null ? {} : { store }),
  });
}

/** onnxruntime's wasm kernels would unpack blocks anew on every run; the GPU's and our own take them as they are. */
export function weightForm(rung: Rung): WeightForm {
  return unpacks(rung) ? "dense" : "blocks";
}
