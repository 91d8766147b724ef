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
  "--enable-unsafe-webgpu",
  // Every tab stands for a device of its own: none may be slowed down for being in the background.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** What WebGPU computes on: software, which is alike everywhere, or this machine's GPU; where there is none, Chromium takes software as well. */
export type Adapter = "software" | "machine";

const adapterFlags: Readonly<Record<Adapter, readonly string[]>> = {
  software: ["--use-webgpu-adapter=swiftshader"],
  // On Linux headless Chromium looks for no GPU unless it is told to.
  machine:
    process.platform === "linux"
      ? [
          "--enable-features=Vulkan",
          "--use-angle=vulkan",
          "--disable-vulkan-surface",
          "--ignore-gpu-blocklist",
          // Half precision, which Chromium keeps from NVIDIA's driver on Linux.
          "--enable-dawn-features=vulkan_enable_f16_on_nvidia",
        ]
      : [],
};

/** As playwright takes them; WebGPU on software. */
export const launchOptions = {
  args: [...flags, ...adapterFlags.software],
  ...(executablePath === undefined ? {} : { executablePath }),
};

/** `more`: flags of this browser alone. */
export function launchChromium(more: readonly string[] = [], adapter: Adapter = "software"): Promise<Browser> {
  return chromium.launch({ ...launchOptions, args: [...flags, ...adapterFlags[adapter], ...more] });
}
