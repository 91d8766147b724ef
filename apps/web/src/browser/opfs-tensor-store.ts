/** Tensors in the browser's private file system: a folder per model, a file per tensor. For workers, whose file handles write at once. */
import type { TensorStore } from "@jupiter/model";
import { texts } from "../texts/index.ts";
import { folderOf, lastUse, markUsed, weightsFolder } from "./kept-weights.ts";

export interface OpfsTensorStoreOptions {
  readonly model: string;
  /** A sentence for people: another model had to go, or nothing more can be kept. */
  readonly say: (message: string) => void;
}

export class OpfsTensorStore implements TensorStore {
  readonly #weights: FileSystemDirectoryHandle;
  readonly #folder: FileSystemDirectoryHandle;
  readonly #say: (message: string) => void;
  #isFull = false;

  private constructor(
    weights: FileSystemDirectoryHandle,
    folder: FileSystemDirectoryHandle,
    say: (message: string) => void,
  ) {
    this.#weights = weights;
    this.#folder = folder;
    this.#say = say;
  }

  /** Null where this browser keeps no files: private windows, mostly. Weights then live in memory alone. */
  static async tryOpen({ model, say }: OpfsTensorStoreOptions): Promise<OpfsTensorStore | null> {
    try {
      const weights = await weightsFolder();
      const folder = await weights.getDirectoryHandle(folderOf(model), { create: true });
      await markUsed(folder);
      return new OpfsTensorStore(weights, folder, say);
    } catch {
      return null;
    }
  }

  async read(
    sha256: string,
    sizeBytes: number,
    allocate: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const file = await (await this.#folder.getFileHandle(sha256)).getFile();
      if (file.size !== sizeBytes) return null;
      const bytes = allocate(sizeBytes);
      const reader = file.stream().getReader();
      for (let at = 0; ;) {
        const { done, value } = await reader.read();
        if (done) return at === sizeBytes ? bytes : null;
        bytes.set(value, at);
        at += value.length;
      }
    } catch {
      return null; // Not there; or changed or removed by another tab while it was read.
    }
  }

  async write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    while (!this.#isFull) {
      const outcome = await this.#tryWrite(sha256, bytes);
      if (outcome !== "no-room" || !(await this.#evict())) return;
    }
  }

  async remove(sha256: string): Promise<void> {
    await this.#folder.removeEntry(sha256).catch(() => undefined);
  }

  async #tryWrite(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<"written" | "no-room" | "busy"> {
    let access: FileSystemSyncAccessHandle;
    try {
      access = await (await this.#folder.getFileHandle(sha256, { create: true })).createSyncAccessHandle();
    } catch (error) {
      // Another tab writes the very same bytes at the moment.
      return isQuota(error) ? "no-room" : "busy";
    }
    let isWhole: boolean;
    try {
      access.truncate(0);
      // At the quota some browsers throw, others write less than they were given, or say nonsense.
      isWhole = access.write(bytes, { at: 0 }) === bytes.length;
      access.flush();
    } catch {
      isWhole = false;
    } finally {
      access.close();
    }
    if (isWhole) return "written";
    await this.remove(sha256);
    return "no-room";
  }

  /** The model that was not used for the longest time goes. False: there is none but this one. */
  async #evict(): Promise<boolean> {
    const others: { readonly name: string; readonly usedMs: number }[] = [];
    for await (const [name, handle] of this.#weights.entries()) {
      if (handle instanceof FileSystemDirectoryHandle && name !== this.#folder.name)
        others.push({ name, usedMs: await lastUse(handle) });
    }
    const [oldest] = others.sort((a, b) => a.usedMs - b.usedMs);
    if (oldest === undefined) {
      this.#isFull = true;
      this.#say(texts.storage.full);
      return false;
    }
    try {
      await this.#weights.removeEntry(oldest.name, { recursive: true });
    } catch {
      this.#isFull = true; // Another tab is using it.
      return false;
    }
    this.#say(texts.storage.evicted(oldest.name));
    return true;
  }
}

function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}
