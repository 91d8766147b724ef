/** A peer: wllama (llama.cpp in wasm) in a tab of its own, with the same file and as many threads. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, normalize } from "node:path";
import type { Page } from "playwright";
import type { Peer } from "./peer.ts";

const folder = join(dirname(createRequire(import.meta.url).resolve("@wllama/wllama/package.json")), "esm");
const TYPES: Readonly<Record<string, string>> = { js: "text/javascript", wasm: "application/wasm" };

export interface WllamaOptions {
  /** Of our server, which has the model. */
  readonly origin: string;
  readonly modelUrl: string;
  readonly threads: number;
}

/** An empty page on our server's origin, isolated like ours; without our policy, under which wllama's inline worker may not run. */
const PAGE = "wllama-page";
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
const OPEN_TIMEOUT_MS = 120_000;

/** Rejects when it is not ready within two minutes. */
export async function openWllama(page: Page, { origin, modelUrl, threads }: WllamaOptions): Promise<Peer> {
  await page.route(`**/${PAGE}`, (route) =>
    route.fulfill({ body: "<!doctype html>", contentType: "text/html", headers: ISOLATED }),
  );
  await page.goto(`${origin}${PAGE}`);
  await page.route("**/wllama/**", async (route) => {
    const path = normalize(new URL(route.request().url()).pathname.replace(/^\/wllama\//, ""));
    const headers = {
      "content-type": TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream",
      "cross-origin-resource-policy": "same-origin",
    };
    await route.fulfill({ body: await readFile(join(folder, path)), headers });
  });
  const loading = page.evaluate(
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
  const tooLong = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("wllama did not load the model within two minutes")), OPEN_TIMEOUT_MS).unref(),
  );
  await Promise.race([loading, tooLong]);
  return {
    async run({ text: prompt }, outputTokens) {
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
        // Its clock of the answer starts when the first token is there, which it counts.
        outputTokens: timings.predicted_n - 1,
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
