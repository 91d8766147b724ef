/** Where a device keeps tensors' bytes between visits, by their SHA-256: the same bytes are the same tensor, whoever fetched them. */
export interface TensorStore {
  /** Null: it is not there, or not with this size. Never rejects. */
  find(sha256: string, sizeBytes: number): Promise<KeptTensor | null>;
  /** Done with `bytes` when it resolves. Never rejects: what cannot be kept is fetched again. */
  write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Its bytes were not what their name says. Never rejects. */
  remove(sha256: string): Promise<void>;
  /**
   * Runs `task` while nobody else who shares the store runs one for any of these tensors, or once that has taken too long. What another has
   * written meanwhile is there when it runs. Rejects as `task` does, or with the signal's reason.
   */
  exclusively<T>(sha256s: readonly string[], signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

/** A tensor that was found; to be read once. */
export interface KeptTensor {
  /** Fills `target`, which has the tensor's size; what is read is checked by the caller. False: it could not be read after all. Never rejects. */
  read(target: Uint8Array<ArrayBuffer>): Promise<boolean>;
}
