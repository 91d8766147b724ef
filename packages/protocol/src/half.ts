/** float32 and IEEE 754 half precision (binary16 bits in a uint16), rounding to nearest, ties to even. */
import type { Activations, WireType } from "./frame-types.ts";

// In browsers from 2025 on; several times faster than the loops below.
const NativeHalf = typeof Float16Array === "undefined" ? null : Float16Array;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The same rows in `wire`; the very same object where they already are. */
export function toWire(x: Activations, wire: WireType): Activations {
  if (x.wire === wire) return x;
  const { rows, hidden } = x;
  return wire === "f16"
    ? { wire, rows, hidden, data: halvesFromFloats(toFloat32(x)) }
    : { wire, rows, hidden, data: toFloat32(x) };
}

/** float32 values `[rows, D]`; the same memory where the activations already are float32. */
export function toFloat32(x: Activations): Float32Array {
  if (x.wire === "f32") return x.data;
  if (NativeHalf === null) return floatsByBits(x.data);
  return new Float32Array(new NativeHalf(x.data.buffer, x.data.byteOffset, x.data.length));
}

function halvesFromFloats(values: Float32Array): Uint16Array {
  if (NativeHalf === null) return halvesByBits(values);
  return new Uint16Array(new NativeHalf(values).buffer);
}

/** For platforms without `Float16Array`. NaN keeps its sign and becomes the quiet NaN 0x7e00. */
export function halvesByBits(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] ?? 0;
    const sign = (word >>> 16) & 0x8000;
    const size = word & 0x7fff_ffff;
    let half: number;
    if (size > 0x7f80_0000) half = 0x7e00;
    else if (size >= 0x4780_0000) half = 0x7c00;
    // Rebias the exponent and add just under half a unit, or exactly half when the kept bit is odd; a carry rightly grows the exponent.
    else if (size >= 0x3880_0000) half = (size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13;
    else {
      // Below 2^-14 the unit is 2^-24, which is float32's unit at 0.5: the addition does the rounding.
      scratchBits[0] = size;
      scratch[0]! += 0.5;
      half = (scratchBits[0] ?? 0) - 0x3f00_0000;
    }
    halves[i] = sign | half;
  }
  return halves;
}

export function floatsByBits(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] ?? 0;
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    if (exponent === 0x7c00) bits[i] = sign | 0x7f80_0000 | ((half & 0x3ff) << 13);
    else if (exponent !== 0) bits[i] = sign | (((half & 0x7fff) << 13) + 0x3800_0000);
    else floats[i] = (half & 0x3ff) * (sign === 0 ? 2 ** -24 : -(2 ** -24));
  }
  return floats;
}
