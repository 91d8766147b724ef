/** Where fetched models are kept, shared by every clone of one user. */
export function cacheFolder(): string;
