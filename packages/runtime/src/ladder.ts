/** Which ways of computing a device tries. Has an entry of its own, `@jupiter/runtime/ladder`: pages use it without onnxruntime. */
import type { Backend } from "./ort.ts";

export type { Backend };

/** One way to run layers on a device. A device takes the first that its known-answer test passes. */
export interface Rung {
  /** For people, as a list of what was tried. */
  readonly name: string;
  readonly backend: Backend;
  /** In kernels of our own instead of onnxruntime's: weights stay in the file's blocks. On wasm only. */
  readonly kernels: boolean;
  /** See `hideSubgroups`: holds for the whole life of a worker. */
  readonly hideSubgroups: boolean;
  /** Longer frames are run in parts of so many rows. */
  readonly maxRows: number;
}

const WASM: readonly Rung[] = [
  { name: "wasm", backend: "wasm", kernels: true, hideSubgroups: false, maxRows: Infinity },
  { name: "wasm through onnxruntime", backend: "wasm", kernels: false, hideSubgroups: false, maxRows: Infinity },
];
const GPU = { backend: "webgpu", kernels: false } as const;
const WEBGPU: readonly Rung[] = [
  { name: "WebGPU", ...GPU, hideSubgroups: false, maxRows: Infinity },
  { name: "WebGPU without subgroups", ...GPU, hideSubgroups: true, maxRows: Infinity },
  { name: "WebGPU without subgroups, 16 rows at a time", ...GPU, hideSubgroups: true, maxRows: 16 },
];

/** Weights are held in float32, not in the file's blocks. */
export function unpacks({ backend, kernels = false }: Pick<Rung, "backend"> & Partial<Pick<Rung, "kernels">>): boolean {
  return backend === "wasm" && !kernels;
}

/** Fastest first. A backend that was asked for by name is never exchanged for the other. */
export function ladder(wish: Backend | "auto", hasWebGpu: boolean): readonly Rung[] {
  if (wish === "wasm") return WASM;
  if (wish === "webgpu") return WEBGPU;
  return hasWebGpu ? [...WEBGPU, ...WASM] : WASM;
}
