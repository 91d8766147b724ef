/** Written by `scripts/kernels-plugin.ts`: `packages/runtime/kernels` compiled, in base64. */
declare module "virtual:kernels" {
  /** For every browser with wasm SIMD. */
  export const plain: string;
  /** With relaxed SIMD's fused multiply-add. */
  export const relaxed: string;
}
