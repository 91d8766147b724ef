/** Name → version of what results depend on; put in by the build. */
declare const JUPITER_VERSIONS: Record<string, string>;

/** Of dedicated workers; TypeScript has it in another library than a page's. */
interface FileSystemSyncAccessHandle {
  read(target: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  getSize(): number;
  truncate(sizeBytes: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  /** `mode`: not every browser knows it; those that do not shut others out. */
  createSyncAccessHandle(options?: { readonly mode: "read-only" }): Promise<FileSystemSyncAccessHandle>;
}
