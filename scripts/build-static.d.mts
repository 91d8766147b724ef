export interface BuildStaticOptions {
  /** Origin of the rooms' server. */
  readonly signal: string;
  /** A folder that is new, empty or of this command's making. */
  readonly out: string;
  readonly say?: (message: string) => void;
}

/** Throws with one sentence. */
export function buildStatic(options: BuildStaticOptions): void;
