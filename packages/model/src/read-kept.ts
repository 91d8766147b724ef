/** What a store has of some tensors, whole and checked. */
import { sha256Of } from "./hash.ts";
import type { TensorEntry } from "./shape.ts";
import type { TensorStore } from "./tensor-store.ts";

export interface KeptBytes {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * All tensors at once: each takes several turns of the browser's file system, and this thread may be busy between them. What was damaged is thrown
 * away and counts as missing. Memory is taken in the tensors' order.
 */
export async function readKept(
  store: TensorStore,
  tensors: readonly TensorEntry[],
  allocate: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
): Promise<{ readonly kept: readonly KeptBytes[]; readonly missing: readonly TensorEntry[] }> {
  const found = await Promise.all(
    tensors.map(({ sha256, sizeBytes }) => (sha256 === null ? Promise.resolve(null) : store.find(sha256, sizeBytes))),
  );
  const reads = tensors.map(async (entry, i): Promise<KeptBytes | null> => {
    const { sha256, offsetBytes, sizeBytes } = entry;
    const tensor = found[i] ?? null;
    if (tensor === null || sha256 === null) return null;
    const bytes = allocate(sizeBytes);
    if ((await tensor.read(bytes)) && (await sha256Of(bytes)) === sha256) return { offsetBytes, sizeBytes, bytes };
    await store.remove(sha256);
    return null;
  });
  const read = await Promise.all(reads);
  return {
    kept: read.filter((bytes) => bytes !== null),
    missing: tensors.filter((_, i) => read[i] === null),
  };
}
