/** The one way in which this project starts a browser without a window. */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright";

/** The system's, or playwright's own where there is none. `CHROMIUM_PATH` overrides both. */
const executablePath =
  process.env["CHROMIUM_PATH"] ?? (existsSync("/usr/bin/chromium") ? "/usr/bin/chromium" : undefined);

const flags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Host addresses instead of mDNS names, which nothing resolves on loopback.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  // WebGPU on the software adapter.
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // Every tab stands for a device of its own: none may be slowed down for being in the background.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** As playwright takes them. */
export const launchOptions = { args: flags, ...(executablePath === undefined ? {} : { executablePath }) };

/** `more`: flags of this browser alone. */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ ...launchOptions, args: [...flags, ...more] });
}
