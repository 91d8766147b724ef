import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { kernels } from "./scripts/kernels-plugin.ts";

const root = fileURLToPath(new URL(".", import.meta.url));

function version(path: string): string {
  return (JSON.parse(readFileSync(`${root}${path}/package.json`, "utf8")) as { version: string }).version;
}

/** What results depend on; devices tell it when they join, and reports name it. */
const versions = { jupiter: version("."), "onnxruntime-web": version("node_modules/onnxruntime-web") };

/**
 * The tokenizer's package also brings a model runner of its own, with another onnxruntime-web and Node's image tools. Of it only tokenizers
 * and templates are used; the rest must not reach the page.
 */
const withoutSecondRuntime: Plugin = {
  name: "without-second-runtime",
  enforce: "pre",
  resolveId(source, importer) {
    const isTransformers = importer !== undefined && /@xenova\/transformers|@huggingface\/transformers/.test(importer);
    if (isTransformers && /^(onnxruntime-(web|node|common)|sharp)(\/|$)/.test(source)) return "\0no-second-runtime";
    return null;
  },
  load(id) {
    return id === "\0no-second-runtime"
      ? "export default {}; export const env = {}, InferenceSession = {}, Tensor = class {};"
      : null;
  },
};

export default defineConfig({
  root: `${root}apps/web`,
  // Static hosting may put the page into any folder.
  base: "./",
  publicDir: `${root}public`,
  define: { JUPITER_VERSIONS: JSON.stringify(versions) },
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", "module", "browser", "production"] },
  plugins: [withoutSecondRuntime, kernels],
  worker: {
    format: "es",
    plugins: () => [withoutSecondRuntime, kernels],
    rolldownOptions: {
      output: {
        advancedChunks: {
          // What later chunks share with the engine must not lie in the worker's first file: see engine.worker.ts.
          groups: [{ name: "engine", test: /src\/engine\/engine-service\.ts/ }],
        },
      },
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: `${root}dist`,
    emptyOutDir: true,
    target: "es2023",
    sourcemap: true,
    rolldownOptions: {
      output: {
        advancedChunks: {
          includeDependenciesRecursively: false,
          groups: [
            {
              // What a donor's first sight shares with what Join brings: on its own, or it would bring all of that too.
              name: "first-sight",
              test: /node_modules\/@?preact\/|src\/(session\/device|browser\/(tab-claim|room-server-here)|state\/(room-server|words|trouble))\.ts/,
            },
          ],
        },
      },
    },
    // The largest part is the tokenizer's chunk, which only hosts load.
    chunkSizeWarningLimit: 1500,
  },
});
