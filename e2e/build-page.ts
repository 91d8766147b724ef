/** Before any worker opens a tab: two that build at once would serve each other's halves. */
import { ensureBuilt } from "../scripts/build.mjs";

export function setup(): void {
  ensureBuilt(console.error);
}
