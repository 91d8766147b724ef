/** The only module that imports onnxruntime-web: set-up, sessions, and the captured Emscripten module. */
import * as ort from "onnxruntime-web/webgpu";
import mjsUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import wasmUrl from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import captureUrl from "./ort-capture.mjs?url&no-inline";
import { encodeModel, type OnnxGraph } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";
import { exclusive } from "./exclusive.ts";

export { ort };
export type Backend = "wasm" | "webgpu";

/** The exports of onnxruntime-web 1.30.0's Emscripten module that the in-place path uses. Internals: `wasm-heap.ts` checks them. */
export interface OrtModule {
  readonly HEAPU8: Uint8Array;
  _malloc(sizeBytes: number): number;
  _free(pointer: number): void;
  _OrtCreateTensor(type: number, data: number, sizeBytes: number, dims: number, rank: number, location: number): number;
  _OrtReleaseTensor(tensor: number): number;
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number | Promise<number>;
}

declare global {
  var jupiterOrtModule: OrtModule | undefined;
}

let configuredThreads: number | null = null;

/** Must run before the first session; onnxruntime reads these settings once in a worker's life. */
export function configureOrt(threads: number): void {
  if (configuredThreads !== null) {
    if (configuredThreads === threads) return;
    throw new RuntimeError(
      "session",
      `This worker runs with ${configuredThreads} threads; ${threads} need a new worker. Reload the page.`,
    );
  }
  configuredThreads = threads;
  const capture = new URL(captureUrl, self.location.href);
  capture.searchParams.set("module", new URL(mjsUrl, self.location.href).href);
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: capture.href, wasm: new URL(wasmUrl, self.location.href).href };
  ort.env.logLevel = "error";
}

/** The captured module once a session exists, or null where the capture did not work or the internals are not as expected. */
export function capturedModule(): OrtModule | null {
  const module = globalThis.jupiterOrtModule;
  const needed = ["_malloc", "_free", "_OrtCreateTensor", "_OrtReleaseTensor", "_OrtRun"] as const;
  return module !== undefined && needed.every((name) => typeof module[name] === "function") ? module : null;
}

/** Native handle of a session, for `_OrtRun`; null where the internals have changed. */
export function sessionHandle(session: ort.InferenceSession): number | null {
  const handler: unknown = Reflect.get(session, "handler");
  if (typeof handler !== "object" || handler === null) return null;
  const id: unknown = Reflect.get(handler, "sessionId");
  return typeof id === "number" ? id : null;
}

/** Builds a session; weights go straight from `graph` to the device, one external file per tensor. */
export async function createSession(
  graph: OnnxGraph,
  backend: Backend,
  options: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
  const { model, files } = encodeModel(graph);
  try {
    const { result } = await exclusive(() =>
      ort.InferenceSession.create(model, {
        executionProviders: [backend],
        externalData: files,
        graphOptimizationLevel: "all",
        enableCpuMemArena: false,
        enableMemPattern: false,
        ...options,
      }),
    );
    return result;
  } catch (cause) {
    const text = String(cause);
    const memory = /memory|allocat|OOM|bad_alloc/i.test(text);
    throw new RuntimeError(
      memory ? "out-of-memory" : "session",
      memory
        ? "This device ran out of memory while loading its layers. Close other tabs, or give it fewer layers."
        : `onnxruntime could not build the layers on ${backend}: ${text}`,
      { cause },
    );
  }
}

const watched = new WeakSet<GPUDevice>();

/**
 * Calls `lost` should the GPU go that this worker's sessions use, with what the browser says of it. To be called whenever sessions were made:
 * onnxruntime destroys its device with the last session and makes another one for the next.
 */
export async function watchDevice(lost: (error: RuntimeError) => void): Promise<void> {
  const device: unknown = await ort.env.webgpu.device;
  if (!(device instanceof GPUDevice) || watched.has(device)) return;
  watched.add(device);
  const { reason, message } = await device.lost;
  if (reason === "destroyed") return;
  lost(
    new RuntimeError(
      "device-lost",
      `The GPU was lost (${message || "no reason given"}). Start again; if it happens often, use wasm on this device.`,
    ),
  );
}
