/** Where a device keeps tensors' bytes between visits, by their SHA-256: the same bytes are the same tensor, whoever fetched them. */
export interface TensorStore {
  /**
   * The tensor's bytes, read into memory that `allocate` gives once it is known to be there; null: it is not, or not with this size. What is
   * read is checked by the caller. Never rejects.
   */
  read(
    sha256: string,
    sizeBytes: number,
    allocate: (sizeBytes: number) => Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Done with `bytes` when it resolves. Never rejects: what cannot be kept is fetched again. */
  write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Its bytes were not what their name says. Never rejects. */
  remove(sha256: string): Promise<void>;
}
