/** What matrices take in the kernels' layout. Has an entry of its own, `@jupiter/runtime/matrix-bytes`: pages plan with it without a runtime. */

/** Rows that lie together. */
export const GROUP = 16;

/** How a matrix lies in blocks: see `kernels/blocks.ts`. */
export interface BlockForm {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly minimums: boolean;
}

/** Bytes of a matrix `[N, K]`; `form` null: float32. */
export function matrixBytes(form: BlockForm | null, N: number, K: number): number {
  const rows = Math.ceil(N / GROUP) * GROUP;
  if (form === null) return 4 * rows * K;
  const { bits, blockSize } = form;
  return (rows * K * bits) / 8 + (4 * rows * K * (takesMinimums(form) ? 2 : 1)) / blockSize;
}

/** Nibbles count from 0, so the minimum holds their zero point; bytes are signed. */
export function takesMinimums({ bits, minimums }: Pick<BlockForm, "bits" | "minimums">): boolean {
  return bits === 4 || minimums;
}
