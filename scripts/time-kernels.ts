/**
 * `npm run kernels`: what frames of 1 to 64 rows cost in our own wasm kernels, in Node's V8, without a browser or a model file. See `docs/benchmarks.md`.
 * Node 22 and newer have relaxed SIMD, as browsers do; Node 20 has it with `node --experimental-wasm-relaxed-simd --import tsx scripts/time-kernels.ts`.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer } from "vite";
import type * as Bench from "../packages/runtime/src/bench/time-kernels.ts";
import { kernels } from "./kernels-plugin.ts";

const { values: options } = parseArgs({
  options: {
    what: { type: "string", default: "products,layers,head" },
    repeats: { type: "string", default: "15" },
  },
});

const server = await createServer({
  root: fileURLToPath(new URL("..", import.meta.url)),
  configFile: false,
  plugins: [kernels],
  server: { middlewareMode: true, hmr: false, watch: null },
  appType: "custom",
  logLevel: "warn",
});
try {
  const { timeKernels } = (await server.ssrLoadModule("/packages/runtime/src/bench/time-kernels.ts")) as typeof Bench;
  await timeKernels(options.what.split(","), Number(options.repeats), console.log);
} finally {
  await server.close();
}
