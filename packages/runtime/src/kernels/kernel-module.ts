/** The compiled kernels over one memory. Addresses are in bytes; see `packages/runtime/kernels` for layouts. */
import base64 from "virtual:kernels";

export interface Kernels {
  packRows(x: number, strideBytes: number, rows: number, length: number, packed: number, scale: number): void;
  gemv4(w: number, x: number, y: number, groups: number, K: number, blockSize: number, scratch: number): void;
  gemv8(
    w: number,
    x: number,
    y: number,
    groups: number,
    K: number,
    blockSize: number,
    hasMinimums: number,
    scratch: number,
  ): void;
  gemm(
    w: number,
    x: number,
    y: number,
    T: number,
    N: number,
    K: number,
    bits: number,
    blockSize: number,
    hasMinimums: number,
    scratch: number,
  ): void;
  add(y: number, x: number, length: number): void;
  addBias(y: number, bias: number, T: number, N: number): void;
  rmsNorm(x: number, gamma: number, y: number, T: number, D: number, epsilon: number): void;
  rotate(x: number, cos: number, sin: number, T: number, heads: number, E: number): void;
  softmaxSums(logits: number, length: number, out: number): void;
  swiGlu(gate: number, up: number, length: number): void;
  appendCache(
    k: number,
    v: number,
    keys: number,
    values: number,
    T: number,
    base: number,
    heads: number,
    E: number,
    capacity: number,
  ): void;
  attend(
    q: number,
    keys: number,
    values: number,
    bias: number,
    out: number,
    T: number,
    total: number,
    H: number,
    K: number,
    E: number,
    capacity: number,
    scratch: number,
  ): void;
  attentionScratch(total: number, E: number): number;
}

let compiled: Promise<WebAssembly.Module> | null = null;

/** Over `memory`, whose first page is the module's own. Rejects where the browser has no wasm SIMD. */
export async function instantiateKernels(memory: WebAssembly.Memory): Promise<Kernels> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  const { exports } = await WebAssembly.instantiate(await compiled, { env: { memory } });
  return exports as unknown as Kernels;
}
