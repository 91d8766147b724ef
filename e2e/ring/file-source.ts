/** A model's file on this machine, as the page's readers take it. */
import { openSync, readSync } from "node:fs";
import type { ByteSource } from "@jupiter/model";

/** Open until the command ends. */
export function fileSource(path: string): ByteSource {
  const file = openSync(path, "r");
  return {
    async read(offsetBytes, sizeBytes) {
      const bytes = new Uint8Array(sizeBytes);
      return bytes.subarray(0, readSync(file, bytes, 0, sizeBytes, offsetBytes));
    },
  };
}
