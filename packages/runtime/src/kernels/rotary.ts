import type { ModelShape } from "@jupiter/model";

/** cos and sin of position * base^(-2i/E), `[T, E/2]`, computed in float64. */
export function rotaryTables(
  { E, ropeBase }: ModelShape,
  positions: Int32Array,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  const half = E / 2;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let i = 0; i < half; i++) {
    const frequency = ropeBase ** ((-2 * i) / E);
    positions.forEach((position, t) => {
      cos[t * half + i] = Math.cos(position * frequency);
      sin[t * half + i] = Math.sin(position * frequency);
    });
  }
  return { cos, sin };
}
