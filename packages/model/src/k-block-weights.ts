/** K-quants laid out as `com.microsoft.MatMulNBits` takes them; see `block-weights.ts`. */
import { half } from "./half-table.ts";
import { scaleQ3K, sixBitPair, twoBits, valueQ3K, valueQ5K } from "./k-blocks.ts";

export function packQ2K(
  bytes: Uint8Array,
  packed: Uint8Array,
  scales: Float32Array,
  minimums: Float32Array | null,
): void {
  for (let s = 0, at = 0; at < bytes.length; s++, at += 84) {
    const d = half(bytes, at + 80);
    const dmin = half(bytes, at + 82);
    for (let sub = 0; sub < 16; sub++) {
      const both = bytes[at + sub] ?? 0;
      scales[s * 16 + sub] = d * (both & 15);
      if (minimums !== null) minimums[s * 16 + sub] = -dmin * (both >> 4);
    }
    for (let i = 0; i < 256; i += 2) {
      packed[s * 128 + i / 2] = (twoBits(bytes, at + 16, i) + 8) | ((twoBits(bytes, at + 16, i + 1) + 8) << 4);
    }
  }
}

export function packQ3K(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  for (let s = 0, at = 0; at < bytes.length; s++, at += 110) {
    const d = half(bytes, at + 108);
    for (let sub = 0; sub < 16; sub++) scales[s * 16 + sub] = d * scaleQ3K(bytes, at + 96, sub);
    for (let i = 0; i < 256; i += 2) {
      packed[s * 128 + i / 2] = (valueQ3K(bytes, at, i) + 8) | ((valueQ3K(bytes, at, i + 1) + 8) << 4);
    }
  }
}

export function packQ4K(
  bytes: Uint8Array,
  packed: Uint8Array,
  scales: Float32Array,
  minimums: Float32Array | null,
): void {
  for (let s = 0, at = 0; at < bytes.length; s++, at += 144) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const { scale, minimum } = sixBitPair(bytes, at + 4, sub);
      const b = s * 8 + sub;
      scales[b] = d * scale;
      if (minimums !== null) minimums[b] = -dmin * minimum;
      const from = at + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let j = 0; j < 32; j += 2) {
        const first = ((bytes[from + j] ?? 0) >> shift) & 15;
        const second = ((bytes[from + j + 1] ?? 0) >> shift) & 15;
        packed[b * 16 + j / 2] = first | (second << 4);
      }
    }
  }
}

export function packQ5K(
  bytes: Uint8Array,
  packed: Uint8Array,
  scales: Float32Array,
  minimums: Float32Array | null,
): void {
  for (let s = 0, at = 0; at < bytes.length; s++, at += 176) {
    const d = half(bytes, at);
    const dmin = half(bytes, at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const { scale, minimum } = sixBitPair(bytes, at + 4, sub);
      scales[s * 8 + sub] = d * scale;
      if (minimums !== null) minimums[s * 8 + sub] = -dmin * minimum;
    }
    for (let i = 0; i < 256; i++) packed[s * 256 + i] = valueQ5K(bytes, at, i) + 128;
  }
}

export function packQ6K(bytes: Uint8Array, packed: Uint8Array, scales: Float32Array): void {
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let s = 0, at = 0; at < bytes.length; s++, at += 210) {
    const d = half(bytes, at + 208);
    for (let sub = 0; sub < 16; sub++) scales[s * 16 + sub] = d * (signed[at + 192 + sub] ?? 0);
    for (let side = 0; side < 2; side++) {
      for (let lane = 0; lane < 32; lane++) {
        const low = bytes[at + side * 64 + lane] ?? 0;
        const low2 = bytes[at + side * 64 + 32 + lane] ?? 0;
        const high = bytes[at + 128 + side * 32 + lane] ?? 0;
        const to = s * 256 + side * 128 + lane;
        // Each - 32 + 128.
        packed[to] = ((low & 15) | ((high & 3) << 4)) + 96;
        packed[to + 32] = ((low2 & 15) | (((high >> 2) & 3) << 4)) + 96;
        packed[to + 64] = ((low >> 4) | (((high >> 4) & 3) << 4)) + 96;
        packed[to + 96] = ((low2 >> 4) | ((high >> 6) << 4)) + 96;
      }
    }
  }
}
