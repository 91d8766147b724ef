/** Random weights laid down directly as GGUF blocks, so that no quantiser is needed: any bytes with sane scales are a valid block. */
import type { BlockType } from "@jupiter/model";
import { toWire } from "@jupiter/protocol";

export type Random = () => number;

/** mulberry32: uniform in [0, 1), the same everywhere. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Weights and bytes of a block, and how one is filled for weights of about the standard deviation `spread`. */
const FILL: Readonly<
  Record<
    BlockType,
    { readonly values: number; readonly bytes: number; fill: (view: DataView, random: Random, spread: number) => void }
  >
> = {
  F32: { values: 1, bytes: 4, fill: (view, random, spread) => view.setFloat32(0, uniform(random, spread), true) },
  F16: { values: 1, bytes: 2, fill: (view, random, spread) => setHalf(view, 0, uniform(random, spread)) },
  BF16: { values: 1, bytes: 2, fill: (view, random, spread) => setUpperHalf(view, uniform(random, spread)) },
  Q4_0: {
    values: 32,
    bytes: 18,
    fill(view, random, spread) {
      setHalf(view, 0, jitter(random) * (spread / 4.6));
      noise(view, 2, 18, random);
    },
  },
  Q4_1: {
    values: 32,
    bytes: 20,
    fill(view, random, spread) {
      const d = jitter(random) * (spread / 4.6);
      setHalf(view, 0, d);
      setHalf(view, 2, -7.5 * jitter(random) * d);
      noise(view, 4, 20, random);
    },
  },
  Q5_0: {
    values: 32,
    bytes: 22,
    fill(view, random, spread) {
      setHalf(view, 0, jitter(random) * (spread / 9.2));
      noise(view, 2, 22, random);
    },
  },
  Q5_1: {
    values: 32,
    bytes: 24,
    fill(view, random, spread) {
      const d = jitter(random) * (spread / 9.2);
      setHalf(view, 0, d);
      setHalf(view, 2, -15.5 * jitter(random) * d);
      noise(view, 4, 24, random);
    },
  },
  IQ4_NL: {
    values: 32,
    bytes: 18,
    fill(view, random, spread) {
      setHalf(view, 0, jitter(random) * (spread / 70));
      noise(view, 2, 18, random);
    },
  },
  Q8_0: {
    values: 32,
    bytes: 34,
    fill(view, random, spread) {
      setHalf(view, 0, jitter(random) * (spread / 74));
      noise(view, 2, 34, random);
    },
  },
  Q4_K: {
    values: 256,
    bytes: 144,
    fill(view, random, spread) {
      // Six-bit scales and minimums are kept in 32..63, about 44: d * 44 is then one step and dmin * 44 is 7.5 steps.
      const d = (jitter(random) * (spread / 4.6)) / 44;
      setHalf(view, 0, d);
      setHalf(view, 2, 7.5 * d);
      noise(view, 4, 144, random);
      middleSixBits(view);
    },
  },
  Q5_K: {
    values: 256,
    bytes: 176,
    fill(view, random, spread) {
      const d = (jitter(random) * (spread / 9.2)) / 44;
      setHalf(view, 0, d);
      setHalf(view, 2, 15.5 * d);
      noise(view, 4, 176, random);
      middleSixBits(view);
    },
  },
  Q2_K: {
    values: 256,
    bytes: 84,
    fill(view, random, spread) {
      noise(view, 0, 80, random);
      // Scales and minimums of four bits are kept in 8..15, about 11.5: dmin * 11.5 is then 1.5 steps.
      for (let i = 0; i < 16; i++) view.setUint8(i, view.getUint8(i) | 0b10001000);
      const d = (jitter(random) * (spread / 1.12)) / 11.5;
      setHalf(view, 80, d);
      setHalf(view, 82, 1.5 * d);
    },
  },
  Q3_K: {
    values: 256,
    bytes: 110,
    fill(view, random, spread) {
      noise(view, 0, 108, random);
      // Scales of six bits, less 32, are 16..31 or -16..-1: about 18.
      for (let i = 104; i < 108; i++) view.setUint8(i, view.getUint8(i) | 0b01010101);
      setHalf(view, 108, (jitter(random) * (spread / 2.3)) / 18);
    },
  },
  Q6_K: {
    values: 256,
    bytes: 210,
    fill(view, random, spread) {
      noise(view, 0, 192, random);
      for (let i = 0; i < 16; i++) view.setInt8(192 + i, (random() < 0.5 ? -1 : 1) * (32 + Math.floor(random() * 64)));
      setHalf(view, 208, (jitter(random) * (spread / 18.5)) / 64);
    },
  },
};

/** `values` random weights as blocks of `type`; null where they do not make whole blocks. */
export function randomBlocks(
  type: BlockType,
  rows: number,
  rowLength: number,
  spread: number,
  random: Random,
): Uint8Array | null {
  const { values, bytes, fill } = FILL[type];
  if (rowLength % values !== 0) return null;
  const out = new Uint8Array(((rows * rowLength) / values) * bytes);
  for (let at = 0; at < out.length; at += bytes) fill(new DataView(out.buffer, at, bytes), random, spread);
  return out;
}

/** 0.75 to 1.25: every block has a scale of its own, so that mixing two of them up shows. */
function jitter(random: Random): number {
  return 0.75 + random() / 2;
}

/** Sets the packed scales and minimums of Q4_K and Q5_K to 32..63. */
function middleSixBits(view: DataView): void {
  // The low six bits of these bytes are scales and minimums 0 to 3; their two top bits are those of 4 to 7.
  for (let i = 4; i < 12; i++) view.setUint8(i, (view.getUint8(i) & 0b00111111) | 0b10100000);
}

/** The number cut to BF16. */
function setUpperHalf(view: DataView, value: number): void {
  const whole = new DataView(new ArrayBuffer(4));
  whole.setFloat32(0, value);
  view.setUint16(0, whole.getUint16(0), true);
}

function uniform(random: Random, spread: number): number {
  return (random() - 0.5) * spread * Math.sqrt(12);
}

function noise(view: DataView, from: number, to: number, random: Random): void {
  for (let i = from; i < to; i++) view.setUint8(i, Math.floor(random() * 256));
}

function setHalf(view: DataView, at: number, value: number): void {
  const { data } = toWire({ wire: "f32", rows: 1, hidden: 1, data: Float32Array.of(value) }, "f16");
  view.setUint16(at, data[0] ?? 0, true);
}
