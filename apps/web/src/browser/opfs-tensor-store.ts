/** Tensors in the browser's private file system: a folder per model, a file per tensor. For workers, whose file handles write at once. */
import type { KeptTensor, TensorStore } from "@jupiter/model";
import { texts } from "../texts/index.ts";
import { findBlob, readWhole, tryOpenToRead } from "./opfs-read.ts";
import { folderOf, isQuota, lastUse, markUsed, weightsFolder } from "./kept-weights.ts";

/** A tab that fetches slower than this is not waited for: it may be frozen. */
const OTHERS_TIMEOUT_MS = 60_000;

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

  /** Null where this browser keeps no files: private windows, mostly, or no room for one more. Weights then live in memory alone. */
  static async tryOpen({ model, say }: OpfsTensorStoreOptions): Promise<OpfsTensorStore | null> {
    try {
      const weights = await weightsFolder();
      const folder = await weights.getDirectoryHandle(folderOf(model), { create: true });
      await markUsed(folder);
      return new OpfsTensorStore(weights, folder, say);
    } catch (error) {
      if (isQuota(error)) say(texts.storage.full);
      return null;
    }
  }

  async find(sha256: string, sizeBytes: number): Promise<KeptTensor | null> {
    try {
      const handle = await this.#folder.getFileHandle(sha256);
      const access = await tryOpenToRead(handle);
      if (access === null) return await findBlob(handle, sizeBytes);
      if (access.getSize() === sizeBytes) return { read: (target) => Promise.resolve(readWhole(access, target)) };
      access.close();
      return null;
    } catch {
      return null; // Not there; or removed by another tab meanwhile.
    }
  }

  async write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    while (!this.#isFull) {
      const outcome = await this.#tryWrite(sha256, bytes);
      if (outcome !== "no-room" || !(await this.#evict())) return;
    }
  }

  exclusively<T>(sha256s: readonly string[], signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const wait = AbortSignal.any([signal, AbortSignal.timeout(OTHERS_TIMEOUT_MS)]);
    // One order for all tabs, so that no two wait for each other.
    const [...names] = new Set(sha256s);
    return holding(names.sort(), wait, () => {
      signal.throwIfAborted();
      return task();
    });
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

/** Runs `task` while this tab holds a lock for each name; once `wait` aborts, without those that it did not get. */
async function holding<T>(names: readonly string[], wait: AbortSignal, task: () => Promise<T>): Promise<T> {
  const [first, ...rest] = names;
  if (first === undefined || wait.aborted) return task();
  let isHeld = false;
  try {
    return await navigator.locks.request(`jupiter weights ${first}`, { signal: wait }, async () => {
      isHeld = true;
      return holding(rest, wait, task);
    });
  } catch (error) {
    if (isHeld) throw error;
    return task();
  }
}
