import { expect } from "vitest";

/** Only what fails takes this long; a busy machine may need a good part of it for what a quiet one does at once. */
const PATIENCE_MS = 60_000;

/**
 * Expects of what `read` gives, now or soon. What a page shows a tick, a paint or a message after its cause is read this way, and never once.
 */
export function eventually(read: () => unknown): ReturnType<typeof expect.poll> {
  return expect.poll(read, { timeout: PATIENCE_MS, interval: 100 });
}
