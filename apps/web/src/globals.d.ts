/** Name → version of what results depend on; put in by the build. */
declare const JUPITER_VERSIONS: Record<string, string>;

/** Of dedicated workers; TypeScript has it in another library than a page's. */
interface FileSystemSyncAccessHandle {
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  truncate(sizeBytes: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
