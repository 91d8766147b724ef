import type { Readable } from "node:stream";

/** A readable stream of the bytes of `member`. Rejects when `path` is no zip or lacks it. */
export function zipMember(path: string, member: string): Promise<Readable>;
