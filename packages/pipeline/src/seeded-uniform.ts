/**
 * The uniform number in [0, 1) that step `step` of a run with `seed` draws with: splitmix32's mixing of the two, so that a step can be drawn again
 * without the steps before it.
 */
export function seededUniform(seed: number, step: number): number {
  let z = (Math.imul(seed, 0x9e3779b9) + Math.imul(step + 1, 0x85ebca6b)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
}
