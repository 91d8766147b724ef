/**
 * One whole number below 2^24 in each row of activations, so that it comes through links in either form. A row of one value is the number; of three and
 * more, its first three are the number's bytes, exact in half precision, and the rest are 0 and only weigh.
 */
import { toFloat32, type Activations } from "@jupiter/protocol";

const DIGITS = 3;
const BASE = 256;

export function rowsOf(numbers: readonly number[], hidden: number): Activations {
  const data = new Float32Array(numbers.length * hidden);
  numbers.forEach((number, row) => {
    if (hidden < DIGITS) data[row * hidden] = number;
    else
      for (let i = 0, left = number; i < DIGITS; i++, left = Math.floor(left / BASE))
        data[row * hidden + i] = left % BASE;
  });
  return { wire: "f32", rows: numbers.length, hidden, data };
}

export function numbersOf(x: Activations): number[] {
  const data = toFloat32(x);
  return Array.from({ length: x.rows }, (_, row) => {
    const at = row * x.hidden;
    if (x.hidden < DIGITS) return data[at] ?? NaN;
    return (data[at] ?? NaN) + BASE * ((data[at + 1] ?? NaN) + BASE * (data[at + 2] ?? NaN));
  });
}
