import { expect, it } from "vitest";
import { grantedBytes } from "./granted-memory.ts";

const GIB = 2 ** 30;

/** A browser that gives so much at once, and no more. */
function browserWith(mostBytes: number) {
  const given: ArrayBuffer[] = [];
  const reserve = (sizeBytes: number) => {
    if ((given.length + 1) * sizeBytes > mostBytes) throw new RangeError("Array buffer allocation failed");
    const piece = new ArrayBuffer(sizeBytes);
    given.push(piece);
    return piece;
  };
  return { given, reserve };
}

it("a pledge that the browser can hold stays what it is, and one that it cannot becomes what it can", () => {
  expect(grantedBytes(GIB + 1, browserWith(2 * GIB).reserve)).toBe(GIB + 1);
  expect(grantedBytes(2 * GIB, browserWith(0.75 * GIB).reserve)).toBe(0.75 * GIB);
  expect(grantedBytes(2 * GIB, browserWith(0).reserve)).toBe(0);
});

it("what was reserved is given back at once", () => {
  const browser = browserWith(0.5 * GIB);
  grantedBytes(GIB, browser.reserve);
  expect(browser.given.map(({ byteLength }) => byteLength)).toEqual(Array(8).fill(0));
});

it("what is no refusal is not taken for one", () => {
  const broken = () => {
    throw new TypeError("no such thing");
  };
  expect(() => grantedBytes(GIB, broken)).toThrow(TypeError);
});
