/** Layers' weights → an executor that holds them, a few layers at a time, so that the peak stays near the weights themselves. */
import { LIMITS } from "@jupiter/protocol";
import { stageGraph, type GraphFloat, type LayerWeights, type ModelShape } from "@jupiter/model";
import { ApiExecutor } from "./api-executor.ts";
import type { Executor } from "./executor.ts";
import type { KeptLayers } from "./held-layers.ts";
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

/** The layers in order, those of one session at a time; each group is dropped once it is held. */
export type LayerGroups = AsyncIterable<readonly LayerWeights[]>;

export async function buildStage(shape: ModelShape, groups: LayerGroups, options: BuildOptions): Promise<StageRunner> {
  const executor =
    options.kernels === true
      ? await inKernels(groups, await KernelExecutor.create(shape))
      : await inSessions(shape, await loadSessions(shape, groups, options), options);
  return stageOf(shape, executor, options);
}

/** Around layers that an earlier stage left, built with the same options; what goes `before` and `after` them is loaded. */
export async function extendStage(
  shape: ModelShape,
  { before, kept, after }: { readonly before: LayerGroups; readonly kept: KeptLayers; readonly after: LayerGroups },
  options: BuildOptions,
): Promise<StageRunner> {
  const { form } = kept;
  if (form instanceof KernelExecutor) {
    await inKernels(before, form, 0);
    return stageOf(shape, await inKernels(after, form), options);
  }
  const first = await loadSessions(shape, before, options);
  const sessions = [...first, ...form, ...(await loadSessions(shape, after, options))];
  return stageOf(shape, await inSessions(shape, sessions, options), options);
}

function stageOf(shape: ModelShape, executor: Executor, options: BuildOptions): StageRunner {
  const { maxSlots, maxArenas = LIMITS.arenas, maxRows = Infinity } = options;
  return new StageRunner(shape, executor, { maxSlots, maxArenas, maxRows });
}

/** `at`: the place of the first; default: after all that are there. */
async function inKernels(groups: LayerGroups, executor: KernelExecutor, at = executor.layers): Promise<KernelExecutor> {
  let next = at;
  for await (const layers of groups) for (const layer of layers) executor.addLayer(layer, next++);
  return executor;
}

async function loadSessions(
  shape: ModelShape,
  groups: LayerGroups,
  { backend, type, maxSlots }: BuildOptions,
): Promise<LoadedSession[]> {
  const sessions: LoadedSession[] = [];
  for await (const layers of groups) {
    const graph = stageGraph(shape, layers, { type, headSink: backend === "wasm", maxPositions: maxSlots });
    const weightBytes = graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
    const inGpu: ort.InferenceSession.SessionOptions =
      backend === "webgpu" ? { preferredOutputLocation: "gpu-buffer" } : {};
    sessions.push({ session: await createSession(graph, backend, inGpu), layers: layers.length, weightBytes });
  }
  return sessions;
}

async function inSessions(
  shape: ModelShape,
  sessions: readonly LoadedSession[],
  { backend, type, publicApi = false }: BuildOptions,
): Promise<Executor> {
  const module = capturedModule();
  const device: unknown = backend === "webgpu" ? await ort.env.webgpu.device : null;
  return backend === "wasm" && module !== null && !publicApi
    ? new WasmExecutor(module, shape, sessions)
    : new ApiExecutor(shape, sessions, type, device instanceof GPUDevice ? device : null);
}
