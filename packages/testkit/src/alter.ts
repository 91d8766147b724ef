/** What hostile peers and servers make of what was valid: bytes and JSON values, changed by a seeded random. */
import type { Random } from "./tiny-checkpoint-blocks.ts";

/** Where limits and signs lie. */
const NUMBERS = [0, 1, 2, 63, 64, 0x7f, 0xff, 0x100, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const VALUES: readonly unknown[] = [
  ...[null, true, "", "x", "__proto__", -1, 0, 1e308, NaN, 0.5, 2 ** 53, [], {}, [[]]],
  ...["\u0000", "\ud800", "a".repeat(70_000), Array.from({ length: 5000 }, () => 0)],
];

const KEYS = ["", "type", "__proto__", "constructor", "toString", "a".repeat(1000)];

/** A copy with one to three changes: bits, numbers at any place, pieces cut out, doubled, moved, or taken from `others`. */
export function alterBytes(bytes: Uint8Array, random: Random, others: readonly Uint8Array[] = []): Uint8Array {
  let altered = Uint8Array.from(bytes);
  const below = (n: number) => Math.floor(random() * Math.max(1, n));
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const at = below(altered.length);
    const end = at + below(altered.length - at + 1);
    switch (below(8)) {
      case 0:
        if (altered.length > 0) altered[at]! ^= 1 << below(8);
        break;
      case 1:
        if (altered.length > 0) altered[at] = below(256);
        break;
      case 2:
        if (at + 4 <= altered.length)
          new DataView(altered.buffer, altered.byteOffset).setUint32(at, NUMBERS[below(NUMBERS.length)]!, true);
        break;
      case 3:
        altered = altered.slice(0, at);
        break;
      case 4:
        altered = joined(
          altered,
          Uint8Array.from({ length: 1 + below(40) }, () => below(256)),
        );
        break;
      case 5:
        altered = joined(altered.subarray(0, end), altered.subarray(at));
        break;
      case 6:
        altered = joined(altered.subarray(0, at), altered.subarray(end));
        break;
      default: {
        const other = others[below(others.length)] ?? altered;
        altered = joined(altered.subarray(0, at), other.subarray(Math.min(at, other.length)));
      }
    }
  }
  return altered;
}

/** A copy of a JSON value with one part changed, left out, or put in. */
export function alterJson(value: unknown, random: Random): unknown {
  const below = (n: number) => Math.floor(random() * n);
  const anything = () => VALUES[below(VALUES.length)];
  if (typeof value !== "object" || value === null || random() < 0.15) return anything();
  if (Array.isArray(value)) {
    const at = below(value.length + 1);
    if (at === value.length || random() < 0.3) return value.toSpliced(at, below(2), anything());
    return value.with(at, alterJson(value[at], random));
  }
  const entries = Object.entries(value);
  const [key = "x", part] = entries[below(entries.length)] ?? [];
  const dice = random();
  if (dice < 0.15) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (dice < 0.25) return { ...value, [KEYS[below(KEYS.length)] ?? ""]: anything() };
  return { ...value, [key]: alterJson(part, random) };
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
