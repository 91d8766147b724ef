/** The compiled kernels over one memory. Addresses are in bytes; see `packages/runtime/kernels` for layouts. */
import { plain, relaxed } from "virtual:kernels";

/** Operands of a matrix product, `hasMinimums` 0 or 1. */
type Product = [
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
];

/**
 * Up to so many rows weights are unpacked anew for every two (`few`); beyond, once for all, through memory (`gemm`). Measured, by `npm run kernels`: where both
 * take the same time. Without the fused instruction a further row costs `few` more.
 */
const FEW_ROWS = { relaxed: 16, plain: 6 } as const;
export const MOST_FEW_ROWS = FEW_ROWS.relaxed;

export interface Kernels {
  readonly fewRows: number;
  packRows(x: number, strideBytes: number, rows: number, length: number, packed: number, scale: number): void;
  readonly few: (...operands: Product) => void;
  readonly gemm: (...operands: Product) => void;
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
  compiled ??= compile();
  const { exports } = await WebAssembly.instantiate(await compiled, { env: { memory } });
  const fewRows = hasRelaxedSimd() ? FEW_ROWS.relaxed : FEW_ROWS.plain;
  return { ...(exports as unknown as Omit<Kernels, "fewRows">), fewRows };
}

/** Whether the kernels multiply and add in one instruction. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(bytesOf(relaxed));
}

async function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytesOf(hasRelaxedSimd() ? relaxed : plain));
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
