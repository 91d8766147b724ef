/** SHA-256 of tensors' bytes, one tensor in memory at a time. */
import { ModelError } from "./errors.ts";
import type { ByteSource } from "./gguf.ts";
import type { TensorEntry } from "./shape.ts";

/** Hex. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The tensors with their SHA-256, computed from `source`. Rejects as the source does, or with 'truncated'. */
export async function hashTensors(
  source: ByteSource,
  tensors: readonly TensorEntry[],
  onBytes: (hashedBytes: number) => void,
): Promise<TensorEntry[]> {
  const hashed: TensorEntry[] = [];
  for (const entry of tensors) {
    const { name, offsetBytes, sizeBytes } = entry;
    const bytes = new Uint8Array(await source.read(offsetBytes, sizeBytes));
    if (bytes.length !== sizeBytes) {
      throw new ModelError("truncated", `${name} takes ${sizeBytes} bytes, ${bytes.length} came; choose a whole file.`);
    }
    hashed.push({ ...entry, sha256: await sha256Of(bytes) });
    onBytes(sizeBytes);
  }
  return hashed;
}
