/** Written by `scripts/kernels-plugin.ts`: `packages/runtime/kernels` compiled, in base64. */
declare module "virtual:kernels" {
  const base64: string;
  export default base64;
}
