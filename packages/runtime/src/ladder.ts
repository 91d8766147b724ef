/** Which ways of computing a device tries. Has an entry of its own, `@jupiter/runtime/ladder`: pages use it without onnxruntime. */
import type { Backend } from "./ort.ts";

export type { Backend };

/** One way to run layers on a device. A device takes the first that its known-answer test passes. */
export interface Rung {
  /** For people, as a list of what was tried. */
  readonly name: string;
  readonly backend: Backend;
  /** See `hideSubgroups`: holds for the whole life of a worker. */
  readonly hideSubgroups: boolean;
  /** Longer frames are run in parts of so many rows. */
  readonly maxRows: number;
}

const WASM: Rung = { name: "wasm", backend: "wasm", hideSubgroups: false, maxRows: Infinity };
const WEBGPU: readonly Rung[] = [
  { name: "WebGPU", backend: "webgpu", hideSubgroups: false, maxRows: Infinity },
  { name: "WebGPU without subgroups", backend: "webgpu", hideSubgroups: true, maxRows: Infinity },
  { name: "WebGPU without subgroups, 16 rows at a time", backend: "webgpu", hideSubgroups: true, maxRows: 16 },
];

/** Fastest first. A backend that was asked for by name is never exchanged for the other. */
export function ladder(wish: Backend | "auto", hasWebGpu: boolean): readonly Rung[] {
  if (wish === "wasm") return [WASM];
  if (wish === "webgpu") return WEBGPU;
  return hasWebGpu ? [...WEBGPU, WASM] : [WASM];
}
