import { expect, test } from "vitest";
import { floatsByBits, halvesByBits, toFloat32, toWire } from "./half.ts";

/** By the standard's formula. */
function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

test("all 65536 halves become the floats that the standard names, and come back", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const floats = floatsByBits(halves);
  const back = halvesByBits(floats);
  for (let i = 0; i < 65536; i++) {
    const expected = valueOf(i);
    if (!Object.is(floats[i], expected)) throw new Error(`half ${i}: ${floats[i]} instead of ${expected}`);
    if (!Number.isNaN(expected) && back[i] !== i) throw new Error(`half ${i} came back as ${back[i]}`);
  }
  expect([back[0x7c01]! & 0x7fff, back[0xfe00]]).toEqual([0x7e00, 0xfe00]);
});

test("floats between two halves go to the nearer one, ties to the even one", () => {
  const from: number[] = [];
  const to: number[] = [];
  for (let half = 0; half < 0x7bff; half += half < 2100 ? 1 : 37) {
    const [low, high] = [valueOf(half), valueOf(half + 1)];
    const middle = (low + high) / 2;
    const justBelow = floatsBefore(middle);
    const justAbove = floatsAfter(middle);
    from.push(middle, justBelow, justAbove, -justBelow);
    to.push(half & 1 ? half + 1 : half, half, half + 1, half | 0x8000);
  }
  // Overflow starts half a unit above 65504; below half the smallest subnormal is zero.
  from.push(65519.99, 65520, 1e30, -Infinity, 2 ** -25, 2 ** -149, -1e-40);
  to.push(0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 0, 0x8000);
  expect([...halvesByBits(Float32Array.from(from))]).toEqual(to);
});

test("activations change wire only where needed", () => {
  const x = { wire: "f32", rows: 2, hidden: 2, data: Float32Array.of(1, -2, 0.1, 65504) } as const;
  expect(toWire(x, "f32")).toBe(x);
  expect(toFloat32(x)).toBe(x.data);
  const half = toWire(x, "f16");
  expect(half).toEqual({ wire: "f16", rows: 2, hidden: 2, data: Uint16Array.of(0x3c00, 0xc000, 0x2e66, 0x7bff) });
  expect([...toFloat32(half)]).toEqual([1, -2, 0.0999755859375, 65504]);
  expect(toWire(half, "f32").data).toEqual(toFloat32(half));
});

function floatsBefore(value: number): number {
  return neighbour(value, -1);
}
function floatsAfter(value: number): number {
  return neighbour(value, 1);
}
/** The next float32 of a positive float32. */
function neighbour(value: number, step: number): number {
  const float = Float32Array.of(value);
  new Uint32Array(float.buffer)[0]! += step;
  return float[0]!;
}
