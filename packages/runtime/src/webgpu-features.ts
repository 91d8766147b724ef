import type { GraphFloat } from "@jupiter/model";
import { RuntimeError } from "./errors.ts";
import type { Backend } from "./ort.ts";

/**
 * Some adapters compute attention over 32 and more rows wrongly with subgroups (Chromium's software adapter among them) and rightly without.
 * onnxruntime takes a feature where the device has it, so the cure is a device made without. `subgroup-size-control` must go as well: asking for
 * it brings `subgroups` back. Call before the first WebGPU session of a worker.
 */
export function hideSubgroups(): void {
  if (typeof GPUAdapter === "undefined") return;
  const prototype = GPUAdapter.prototype;
  const request = Reflect.get(prototype, "requestDevice");
  prototype.requestDevice = function (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) {
    const requiredFeatures = [...(descriptor?.requiredFeatures ?? [])].filter((name) => !name.startsWith("subgroup"));
    return request.call(this, { ...descriptor, requiredFeatures });
  };
}

/** Half precision where the GPU has it; float32 elsewhere. Rejects `RuntimeError` 'no-webgpu' where there is no adapter. */
export async function graphFloat(backend: Backend): Promise<GraphFloat> {
  if (backend === "wasm") return "float";
  const adapter = "gpu" in navigator ? await navigator.gpu.requestAdapter() : null;
  if (adapter === null)
    throw new RuntimeError(
      "no-webgpu",
      "This browser offers no WebGPU adapter; use wasm on this device, or another browser.",
    );
  return adapter.features.has("shader-f16") ? "float16" : "float";
}
