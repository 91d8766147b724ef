/** The baseline: wllama (llama.cpp in wasm) in a tab of its own, with the same file and as many threads. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, normalize } from "node:path";
import type { Page } from "playwright";

export interface Timed {
  readonly promptTokens: number;
  readonly prefillMs: number;
  readonly outputTokens: number;
  readonly decodeMs: number;
}

export interface Wllama {
  /** Greedy, nothing reused from runs before. */
  run(prompt: string, outputTokens: number): Promise<Timed>;
}

const folder = join(dirname(createRequire(import.meta.url).resolve("@wllama/wllama/package.json")), "esm");
const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", wasm: "application/wasm" };

/** `page` is on the server's origin, so that it is isolated like ours and may fetch the model. */
export async function openWllama(page: Page, modelUrl: string, threads: number): Promise<Wllama> {
  await page.route("**/wllama/**", async (route) => {
    const path = normalize(new URL(route.request().url()).pathname.replace(/^\/wllama\//, ""));
    const headers = {
      "content-type": TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream",
      "cross-origin-resource-policy": "same-origin",
    };
    await route.fulfill({ body: await readFile(join(folder, path)), headers });
  });
  await page.evaluate(
    async ({ modelUrl, threads }) => {
      const library = "/wllama/index.js";
      const { Wllama } = (await import(library)) as { Wllama: new (paths: object, options: object) => WllamaInstance };
      const wllama = new Wllama({ default: "/wllama/wasm/wllama.wasm" }, { suppressNativeLog: true });
      const file = await (await fetch(modelUrl)).blob();
      await wllama.loadModel([file], { n_ctx: 2048, n_batch: 512, n_threads: threads, n_gpu_layers: 0 });
      globalThis.benchWllama = wllama;
    },
    { modelUrl, threads },
  );
  return {
    async run(prompt, outputTokens) {
      const timings = await page.evaluate(
        async ({ prompt, outputTokens }) => {
          const options = { prompt, max_tokens: outputTokens, temperature: 0, cache_prompt: false, ignore_eos: true };
          const { timings } = await globalThis.benchWllama!.createCompletion(options);
          return timings;
        },
        { prompt, outputTokens },
      );
      if (timings === undefined) throw new Error("wllama gave no timings");
      if (timings.cache_n > 0) throw new Error(`wllama reused ${timings.cache_n} tokens of a run before`);
      return {
        promptTokens: timings.prompt_n,
        prefillMs: timings.prompt_ms,
        outputTokens: timings.predicted_n,
        decodeMs: timings.predicted_ms,
      };
    },
  };
}

/** What is used of the library's class; its own types are sources that other compiler settings than ours expect. */
interface WllamaInstance {
  loadModel(files: Blob[], options: object): Promise<void>;
  createCompletion(options: object): Promise<{ readonly timings?: Timings }>;
}

interface Timings {
  readonly cache_n: number;
  readonly prompt_n: number;
  readonly prompt_ms: number;
  readonly predicted_n: number;
  readonly predicted_ms: number;
}

declare global {
  var benchWllama: WllamaInstance | undefined;
}
