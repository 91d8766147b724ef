import type { Activations } from "@jupiter/protocol";

/** float32 values of `[rows, hidden]`; the same memory where the wire already carries float32. */
export function toFloat32(x: Activations): Float32Array {
  if (x.wire === "f32") return x.data;
  return Float32Array.from(new Float16Array(x.data.buffer, x.data.byteOffset, x.data.length));
}
