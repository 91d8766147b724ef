/** Writes `server.mjs` into the folder. Rejects with the builder's error. */
export function bundleServer(out: string): Promise<void>;
