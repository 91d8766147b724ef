/**
 * K-quants unpacked to float32, bit for bit as llama.cpp's reference does. A super-block of 256 weights is cut into sub-blocks of 16 or 32, whose
 * scales (and minimums) are small whole numbers times the super-block's half-precision `d` (and `dmin`).
 */
import { half } from "./half-table.ts";

const f = Math.fround;

/** Scale and minimum, six bits each, of sub-block `sub` of 8; `at`: where the 12 packed bytes begin. */
export function sixBitPair(bytes: Uint8Array, at: number, sub: number): { scale: number; minimum: number } {
  const packed = (i: number) => bytes[at + i] ?? 0;
  if (sub < 4) return { scale: packed(sub) & 63, minimum: packed(sub + 4) & 63 };
  return {
    scale: (packed(sub + 4) & 15) | ((packed(sub - 4) >> 6) << 4),
    minimum: (packed(sub + 4) >> 4) | ((packed(sub) >> 6) << 4),
  };
}

/** The six-bit scale -32 … 31 of sub-block `sub` of 16 of Q3_K: four low bits in 8 bytes, two high ones in 4 more. */
export function scaleQ3K(bytes: Uint8Array, at: number, sub: number): number {
  const low = (bytes[at + (sub & 7)] ?? 0) >> (sub < 8 ? 0 : 4);
  const high = (bytes[at + 8 + (sub & 3)] ?? 0) >> (2 * (sub >> 2));
  return ((low & 15) | ((high & 3) << 4)) - 32;
}

/** Value i 0 … 3 of 256 of two bits: each half of the super-block lies in 32 bytes, four values of one lane in a byte. */
export function twoBits(bytes: Uint8Array, at: number, i: number): number {
  return ((bytes[at + (i >> 7) * 32 + (i & 31)] ?? 0) >> (2 * ((i >> 5) & 3))) & 3;
}

/** Value i -4 … 3 of Q3_K; its third bit says that nothing is taken off. `at`: of the super-block. */
export function valueQ3K(bytes: Uint8Array, at: number, i: number): number {
  const third = ((bytes[at + (i & 31)] ?? 0) >> (i >> 5)) & 1;
  return twoBits(bytes, at + 32, i) - (third ? 0 : 4);
}

/** Value i 0 … 31 of Q5_K: nibbles as in Q4_K, fifth bits in 32 bytes, a bit per sub-block. */
export function valueQ5K(bytes: Uint8Array, at: number, i: number): number {
  const sub = i >> 5;
  const nibble = ((bytes[at + 48 + (sub >> 1) * 32 + (i & 31)] ?? 0) >> ((sub & 1) * 4)) & 15;
  return nibble | ((((bytes[at + 16 + (i & 31)] ?? 0) >> sub) & 1) << 4);
}

/** Sixteen sub-blocks of 16: scale and minimum of four bits each in a byte, at the start; `d` and `dmin` at the end. */
export function unpackQ2K(bytes: Uint8Array, out: Float32Array): void {
  for (let b = 0, o = 0; b < bytes.length; b += 84, o += 256) {
    const d = half(bytes, b + 80);
    const dmin = half(bytes, b + 82);
    for (let sub = 0; sub < 16; sub++) {
      const packed = bytes[b + sub] ?? 0;
      const s = f(d * (packed & 15));
      const m = f(dmin * (packed >> 4));
      for (let i = sub * 16; i < sub * 16 + 16; i++) out[o + i] = f(s * twoBits(bytes, b + 16, i)) - m;
    }
  }
}

/** Sixteen sub-blocks of 16 with signed six-bit scales; third bits in front, two low bits behind, scales and `d` at the end. */
export function unpackQ3K(bytes: Uint8Array, out: Float32Array): void {
  for (let b = 0, o = 0; b < bytes.length; b += 110, o += 256) {
    const d = half(bytes, b + 108);
    for (let sub = 0; sub < 16; sub++) {
      const s = f(d * scaleQ3K(bytes, b + 96, sub));
      for (let i = sub * 16; i < sub * 16 + 16; i++) out[o + i] = s * valueQ3K(bytes, b, i);
    }
  }
}

/** Eight sub-blocks of 32 with six-bit scales and minimums packed in 12 bytes. */
export function unpackQ4K(bytes: Uint8Array, out: Float32Array): void {
  for (let b = 0, o = 0; b < bytes.length; b += 144, o += 256) {
    const d = half(bytes, b);
    const dmin = half(bytes, b + 2);
    for (let sub = 0; sub < 8; sub++) {
      const { scale, minimum } = sixBitPair(bytes, b + 4, sub);
      const s = f(d * scale);
      const m = f(dmin * minimum);
      const q = b + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j++) out[o + sub * 32 + j] = f(s * (((bytes[q + j] ?? 0) >> shift) & 15)) - m;
    }
  }
}

/** As Q4_K, with a fifth bit per value. */
export function unpackQ5K(bytes: Uint8Array, out: Float32Array): void {
  for (let b = 0, o = 0; b < bytes.length; b += 176, o += 256) {
    const d = half(bytes, b);
    const dmin = half(bytes, b + 2);
    for (let sub = 0; sub < 8; sub++) {
      const { scale, minimum } = sixBitPair(bytes, b + 4, sub);
      const s = f(d * scale);
      const m = f(dmin * minimum);
      for (let i = sub * 32; i < sub * 32 + 32; i++) out[o + i] = f(s * valueQ5K(bytes, b, i)) - m;
    }
  }
}

/** Sixteen sub-blocks of 16 with signed eight-bit scales; four low bits in `ql`, two high bits in `qh`; `d` at the end. */
export function unpackQ6K(bytes: Uint8Array, out: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let b = 0, o = 0; b < bytes.length; b += 210, o += 256) {
    const d = half(bytes, b + 208);
    for (let i = 0; i < 256; i++) {
      const side = i >> 7;
      const j = i & 127;
      const lane = j & 31;
      const group = j >> 5;
      const low = bytes[b + side * 64 + (group & 1) * 32 + lane] ?? 0;
      const highBits = ((bytes[b + 128 + side * 32 + lane] ?? 0) >> (2 * group)) & 3;
      const q = ((group < 2 ? low & 15 : low >> 4) | (highBits << 4)) - 32;
      out[o + i] = f(d * (signed[b + 192 + (i >> 4)] ?? 0)) * q;
    }
  }
}
