import { createReadStream, existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { launchOptions } from "./e2e/chromium.ts";
import { kernels } from "./scripts/kernels-plugin.ts";
import { cacheFolder } from "./scripts/models.mjs";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type Plugin } from "vitest/config";

/** `/models/NAME` with byte ranges, as the real server has it. */
const models: Plugin = {
  name: "models",
  configureServer(server) {
    server.middlewares.use("/models", (request, response, next) => {
      const name = basename(request.url ?? "");
      const file = [join("models", name), join(cacheFolder(), name)].find((path) => existsSync(path)) ?? name;
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
      if (range === null || !existsSync(file)) return next();
      const sizeBytes = statSync(file).size;
      const [start, end] = [Number(range[1]), Math.min(Number(range[2]), sizeBytes - 1)];
      response.writeHead(206, {
        "Content-Range": `bytes ${start}-${end}/${sizeBytes}`,
        "Content-Length": end - start + 1,
      });
      createReadStream(file, { start, end }).pipe(response);
    });
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [kernels],
        test: {
          name: "unit",
          environment: "node",
          include: [
            "{packages,apps,signaling-server,scripts}/**/*.test.ts",
            "e2e/{,bench/,bench/budget/,bench/quality/,bench/suites/,ring/,sim/,soak/}*.test.ts",
          ],
          exclude: ["**/*.{browser,models}.test.ts", "**/node_modules/**"],
          // Some write and read whole tiny models: half a second, and ten times that on a machine that others use too.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "scenarios",
          environment: "node",
          include: ["e2e/scenarios/*.test.ts"],
          globalSetup: ["e2e/build-page.ts"],
          // Two files at a time: in most of them one tab computes and the others wait.
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          // `npm run test:browsers`: other browsers beside Chromium; says which are not here.
          name: "browsers",
          environment: "node",
          include: ["e2e/browsers/*.test.ts"],
          globalSetup: ["e2e/build-page.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 240_000,
        },
      },
      {
        plugins: [kernels],
        test: {
          // `npm run test:models`: whole models in every form of ring; not part of `npm test`, as it takes half an hour.
          name: "models",
          environment: "node",
          include: ["e2e/models/*.test.ts", "packages/**/*.models.test.ts"],
          fileParallelism: false,
          // Half a minute a prompt where the software adapter computes, and a model may have to be fetched first.
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
        },
      },
      {
        plugins: [models, kernels],
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
            provider: playwright({ launchOptions }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
