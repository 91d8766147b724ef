import type { Browser } from "playwright";
import { afterEach, beforeEach } from "vitest";

/**
 * For a file whose tests share devices: they are opened before the first test, and anew after each one that failed. So neither its second try nor the
 * tests after it meet what it left behind.
 */
export function afresh(browser: Browser, open: () => Promise<void>): void {
  let isOpen = false;
  beforeEach(async () => {
    if (isOpen) return;
    await Promise.all(browser.contexts().map((context) => context.close()));
    await open();
    isOpen = true;
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") isOpen = false;
  });
}
