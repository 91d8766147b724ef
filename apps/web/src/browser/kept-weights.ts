/** What this browser keeps of models, for people to see and delete. */

export interface KeptModel {
  /** Folder's name: the model's id, as far as it is one. */
  readonly name: string;
  readonly sizeBytes: number;
}

const WEIGHTS = "weights";
/** Its time of change is the model's last use. */
const MARK = ".used";

/** The disk is full, or this page's share of it. */
export function isQuota(error: unknown): boolean {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}

/** Rejects where this browser keeps no files. */
export async function weightsFolder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(WEIGHTS, { create: true });
}

/** A host names the model, and its name becomes a folder's. */
export function folderOf(model: string): string {
  const name = model.replace(/[^A-Za-z0-9._-]/g, "_").slice(0, 100);
  return /^\.*$/.test(name) ? "_" : name;
}

/** For workers. */
export async function markUsed(folder: FileSystemDirectoryHandle): Promise<void> {
  const mark = await folder.getFileHandle(MARK, { create: true });
  const access = await mark.createSyncAccessHandle().catch(() => null);
  if (access === null) return; // Another tab is doing it.
  access.truncate(0);
  access.write(new TextEncoder().encode(String(Date.now())), { at: 0 });
  access.close();
}

/** Milliseconds since 1970; 0: never. */
export async function lastUse(folder: FileSystemDirectoryHandle): Promise<number> {
  const mark = await folder.getFileHandle(MARK).catch(() => null);
  return mark === null ? 0 : Number(await (await mark.getFile()).text());
}

/** Empty where this browser keeps no files. */
export async function keptModels(): Promise<readonly KeptModel[]> {
  const models: KeptModel[] = [];
  try {
    for await (const [name, handle] of (await weightsFolder()).entries()) {
      if (handle instanceof FileSystemDirectoryHandle) models.push({ name, sizeBytes: await sizeOf(handle) });
    }
  } catch {
    return [];
  }
  return models.filter(({ sizeBytes }) => sizeBytes > 0).sort((a, b) => b.sizeBytes - a.sizeBytes);
}

export async function deleteKept({ name }: KeptModel): Promise<void> {
  await (await weightsFolder()).removeEntry(name, { recursive: true });
}

async function sizeOf(folder: FileSystemDirectoryHandle): Promise<number> {
  let sizeBytes = 0;
  for await (const [name, handle] of folder.entries()) {
    if (handle instanceof FileSystemFileHandle && name !== MARK) sizeBytes += (await handle.getFile()).size;
  }
  return sizeBytes;
}
