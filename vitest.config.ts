import { existsSync } from "node:fs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

const chromium = process.env["CHROMIUM_PATH"] ?? (existsSync("/usr/bin/chromium") ? "/usr/bin/chromium" : undefined);

// WebGPU on the software adapter, host addresses instead of mDNS names on loopback, and no traffic of the browser's own.
const flags = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          environment: "node",
          include: ["packages/**/*.test.ts", "signaling-server/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts", "**/node_modules/**"],
        },
      },
      {
        publicDir: "public",
        resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "development"] },
        optimizeDeps: { exclude: ["onnxruntime-web"] },
        server: {
          headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
        },
        test: {
          name: "browser",
          include: ["packages/**/*.browser.test.ts"],
          testTimeout: 120_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: flags, ...(chromium === undefined ? {} : { executablePath: chromium }) },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
