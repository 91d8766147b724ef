/** Reading files of the browser's private file system in a worker: at once where the browser lets several tabs read, else as a blob. */
import type { KeptTensor } from "@jupiter/model";

/** Null: the browser has no such handles, or another tab has the file open. */
export async function tryOpenToRead(handle: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle | null> {
  return handle.createSyncAccessHandle({ mode: "read-only" }).catch(() => null);
}

/** Closes the handle. False: it gave fewer bytes than `target` takes. */
export function readWhole(access: FileSystemSyncAccessHandle, target: Uint8Array<ArrayBuffer>): boolean {
  try {
    return access.read(target, { at: 0 }) === target.length;
  } catch {
    return false;
  } finally {
    access.close();
  }
}

/** Null: the file has another size. */
export async function findBlob(handle: FileSystemFileHandle, sizeBytes: number): Promise<KeptTensor | null> {
  const file = await handle.getFile();
  if (file.size !== sizeBytes) return null;
  return {
    async read(target) {
      try {
        const reader = file.stream().getReader();
        for (let at = 0; ;) {
          const { done, value } = await reader.read();
          if (done) return at === target.length;
          target.set(value, at);
          at += value.length;
        }
      } catch {
        return false; // Changed or removed by another tab while it was read.
      }
    },
  };
}
