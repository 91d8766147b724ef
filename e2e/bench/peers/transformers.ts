/** A peer: transformers.js in a tab of its own, with the model as its public exports are (`public-export.ts`). */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import { readGguf, type ModelShape } from "@jupiter/model";
import type { Page } from "playwright";
import { fileSource } from "../../ring/file-source.ts";
import { publicExport, type ExportForm } from "./public-export.ts";
import type { Peer } from "./peer.ts";

const require = createRequire(import.meta.url);
const library = dirname(require.resolve("@xenova/transformers"));
/** The version that the library brings along, in its own folder or the shared one. */
const runtime = dirname(createRequire(join(library, "x")).resolve("onnxruntime-web/wasm"));

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  json: "application/json",
};

export interface TransformersOptions {
  /** A GGUF file. */
  readonly model: string;
  readonly threads: number;
  readonly form: ExportForm;
  readonly device?: "wasm" | "webgpu";
}

const FILES: Readonly<Record<ExportForm, string>> = {
  fp32: "model.onnx",
  q8: "model_quantized.onnx",
  q4: "model_q4.onnx",
};

/** Makes the model's ONNX file in memory, which takes seconds. */
export async function openTransformers(
  page: Page,
  { model, threads, form, device = "wasm" }: TransformersOptions,
): Promise<Peer> {
  const source = fileSource(model);
  const { checkpoint } = await readGguf(source, basename(model));
  const files = new Map<string, () => Promise<Uint8Array>>([
    ["/page.html", () => Promise.resolve(Buffer.from("<!doctype html>"))],
    ["/model/config.json", () => Promise.resolve(Buffer.from(JSON.stringify(configOf(checkpoint.shape))))],
    ["/model/generation_config.json", () => Promise.resolve(Buffer.from("{}"))],
  ]);
  const onnx = await publicExport(checkpoint, source, form);
  files.set(`/model/onnx/${FILES[form]}`, () => Promise.resolve(onnx));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const [, folder = "", name = ""] = pathname.split("/");
    const folders: Readonly<Record<string, string>> = { library, runtime };
    const known = files.get(pathname) ?? (folder in folders ? () => readFile(join(folders[folder]!, name)) : null);
    void (known?.() ?? Promise.reject(new Error("unknown"))).then(
      (body) => {
        const type = TYPES[pathname.split(".").at(-1) ?? ""] ?? "application/octet-stream";
        response.writeHead(200, { ...ISOLATED, "content-type": type, "content-length": body.byteLength }).end(body);
      },
      () => response.writeHead(404, ISOLATED).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  page.on("close", () => server.close());
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/page.html`);
  await page.evaluate(
    async ({ threads, form, device, script }) => {
      const { env, AutoModelForCausalLM, Tensor } = (await import(script)) as Library;
      env.allowRemoteModels = false;
      env.allowLocalModels = true;
      env.localModelPath = "/";
      env.useBrowserCache = false;
      env.backends.onnx.wasm.numThreads = threads;
      env.backends.onnx.wasm.wasmPaths = "/runtime/";
      globalThis.benchTransformers = {
        model: await AutoModelForCausalLM.from_pretrained("model", { dtype: form, device }),
        Tensor,
      };
    },
    { threads, form, device, script: "/library/transformers.min.js" },
  );
  return {
    run({ ids }, outputTokens) {
      return page.evaluate(
        async ({ ids, outputTokens }) => {
          const { model, Tensor } = globalThis.benchTransformers!;
          const times: number[] = [];
          const beganMs = performance.now();
          await model.generate({
            inputs: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
            attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), [1, ids.length]),
            max_new_tokens: outputTokens,
            min_new_tokens: outputTokens,
            do_sample: false,
            // Methods, not arrows: those get a helper of the compiler's, which the tab does not have. The first call has the prompt.
            streamer: {
              put() {
                times.push(performance.now());
              },
              end() {
                return;
              },
            },
          });
          const [, firstMs = NaN] = times;
          return {
            promptTokens: ids.length,
            prefillMs: firstMs - beganMs,
            outputTokens: times.length - 2,
            decodeMs: times.at(-1) - firstMs,
          };
        },
        { ids: [...ids], outputTokens },
      );
    },
  };
}

function configOf({ D, F, H, K, E, L, V, rmsEpsilon, ropeBase, contextLength }: ModelShape): object {
  return {
    model_type: "llama",
    architectures: ["LlamaForCausalLM"],
    hidden_size: D,
    intermediate_size: F,
    num_hidden_layers: L,
    num_attention_heads: H,
    num_key_value_heads: K,
    head_dim: E,
    vocab_size: V,
    rms_norm_eps: rmsEpsilon,
    rope_theta: ropeBase,
    max_position_embeddings: contextLength,
    bos_token_id: 1,
    // No id that is ever chosen: answers have as many tokens as were asked for.
    eos_token_id: V,
    tie_word_embeddings: true,
  };
}

/** What is used of the library. */
interface Library {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    useBrowserCache: boolean;
    readonly backends: { readonly onnx: { readonly wasm: { numThreads: number; wasmPaths: string } } };
  };
  readonly AutoModelForCausalLM: { from_pretrained(id: string, options: object): Promise<LoadedModel> };
  readonly Tensor: new (type: string, data: BigInt64Array, dims: readonly number[]) => object;
}

interface LoadedModel {
  generate(options: object): Promise<unknown>;
}

declare global {
  var benchTransformers: { readonly model: LoadedModel; readonly Tensor: Library["Tensor"] } | undefined;
}
