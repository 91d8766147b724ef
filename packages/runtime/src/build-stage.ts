/** Layers' weights → sessions → an executor, a few layers at a time, so that the peak stays near the weights themselves. */
import { stageGraph, type GraphFloat, type LayerWeights, type ModelShape } from "@jupiter/model";
import { ApiExecutor } from "./api-executor.ts";
import { capturedModule, createSession, ort, type Backend } from "./ort.ts";
import { StageRunner } from "./stage-runner.ts";
import { WasmExecutor, type LoadedSession } from "./wasm-executor.ts";

export interface BuildOptions {
  readonly backend: Backend;
  readonly type: GraphFloat;
  /** Slots promised per arena: context length of the conversation. */
  readonly maxSlots: number;
  /** Rows of one run at most; longer frames are run in parts. */
  readonly maxRows?: number;
  /** Force onnxruntime's public API on wasm (the fallback where the heap cannot be reached). */
  readonly publicApi?: boolean;
}

/** `groups` yields the layers of one session after the other, in order; each group is dropped once its session holds it. */
export async function buildStage(
  shape: ModelShape,
  groups: AsyncIterable<readonly LayerWeights[]>,
  { backend, type, maxSlots, maxRows = Infinity, publicApi = false }: BuildOptions,
): Promise<StageRunner> {
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
  const executor =
    backend === "wasm" && module !== null && !publicApi
      ? new WasmExecutor(module, shape, sessions, weightBytes)
      : new ApiExecutor(shape, sessions, weightBytes, type, device instanceof GPUDevice ? device : null);
  return new StageRunner(shape, executor, { maxSlots, maxRows });
}
