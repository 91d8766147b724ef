/** Layers' weights → an executor that holds them, a few layers at a time, so that the peak stays near the weights themselves. */
import { LIMITS } from "@jupiter/protocol";
import { stageGraph, type GraphFloat, type LayerWeights, type ModelShape } from "@jupiter/model";
import { ApiExecutor } from "./api-executor.ts";
import type { Executor } from "./executor.ts";
import { KernelExecutor } from "./kernels/kernel-executor.ts";
import { capturedModule, createSession, ort, type Backend } from "./ort.ts";
import { StageRunner } from "./stage-runner.ts";
import { WasmExecutor, type LoadedSession } from "./wasm-executor.ts";

export interface BuildOptions {
  readonly backend: Backend;
  readonly type: GraphFloat;
  /** Kernels of our own instead of onnxruntime's; on wasm only. Default: false. */
  readonly kernels?: boolean;
  /** Slots promised per arena: context length of the conversation. */
  readonly maxSlots: number;
  /** Arenas that are open at once; default: as many as the protocol allows. */
  readonly maxArenas?: number;
  /** Rows of one run at most; longer frames are run in parts. */
  readonly maxRows?: number;
  /** Force onnxruntime's public API on wasm (the fallback where the heap cannot be reached). */
  readonly publicApi?: boolean;
}

/** `groups` yields the layers in order, those of one session at a time; each group is dropped once it is held. */
export async function buildStage(
  shape: ModelShape,
  groups: AsyncIterable<readonly LayerWeights[]>,
  options: BuildOptions,
): Promise<StageRunner> {
  const { maxSlots, maxArenas = LIMITS.arenas, maxRows = Infinity } = options;
  const executor = options.kernels === true ? await inKernels(shape, groups) : await inSessions(shape, groups, options);
  return new StageRunner(shape, executor, { maxSlots, maxArenas, maxRows });
}

async function inKernels(shape: ModelShape, groups: AsyncIterable<readonly LayerWeights[]>): Promise<Executor> {
  const executor = await KernelExecutor.create(shape);
  for await (const layers of groups) layers.forEach((layer) => executor.addLayer(layer));
  return executor;
}

async function inSessions(
  shape: ModelShape,
  groups: AsyncIterable<readonly LayerWeights[]>,
  { backend, type, maxSlots, publicApi = false }: BuildOptions,
): Promise<Executor> {
  const sessions: LoadedSession[] = [];
  let weightBytes = 0;
  for await (const layers of groups) {
    const graph = stageGraph(shape, layers, { type, headSink: backend === "wasm", maxPositions: maxSlots });
    for (const { data } of graph.initializers) weightBytes += data.byteLength;
    const inGpu: ort.InferenceSession.SessionOptions =
      backend === "webgpu" ? { preferredOutputLocation: "gpu-buffer" } : {};
    sessions.push({ session: await createSession(graph, backend, inGpu), layers: layers.length });
  }
  const module = capturedModule();
  const device: unknown = backend === "webgpu" ? await ort.env.webgpu.device : null;
  return backend === "wasm" && module !== null && !publicApi
    ? new WasmExecutor(module, shape, sessions, weightBytes)
    : new ApiExecutor(shape, sessions, weightBytes, type, device instanceof GPUDevice ? device : null);
}
