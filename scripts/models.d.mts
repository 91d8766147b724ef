/** Where fetched models are kept, shared by every clone of one user. */
export function cacheFolder(): string;
/** Path of the model's file, fetched if need be. Rejects with one sentence that says what to do. */
export function fetchModel(id: string, options?: { readonly say?: (message: string) => void }): Promise<string>;
