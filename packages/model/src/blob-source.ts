/** A file that a person chose: read by slices, never whole. */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";

/** Reads reject with 'unreachable' where the file was moved, changed or taken away since it was chosen. */
export function blobByteSource(blob: Blob): ByteSource {
  return {
    async read(offsetBytes, sizeBytes, signal) {
      signal?.throwIfAborted();
      try {
        return new Uint8Array(await blob.slice(offsetBytes, offsetBytes + sizeBytes).arrayBuffer());
      } catch (cause) {
        const text = "The file can no longer be read: it was moved, changed or taken away. Choose it again.";
        throw new ModelError("unreachable", text, { cause });
      }
    },
  };
}
