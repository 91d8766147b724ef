import { expect, it } from "vitest";
import { delayMs, headMs, layerMs, sendMs, type LayerCost } from "./costs.ts";

const cost: LayerCost = [
  { fromRows: 1, floorMs: 1, rowMs: 0.5, pairMs: 0 },
  { fromRows: 9, floorMs: 2, rowMs: 0.25, pairMs: 0.01 },
];

it("a layer's time is that of the piece that its rows fall into", () => {
  expect(layerMs(cost, 1, 1000)).toBe(1.5);
  expect(layerMs(cost, 8, 0)).toBe(5);
  expect(layerMs(cost, 10, 90)).toBeCloseTo(2 + 2.5 + 0.01 * 10 * 100);
  expect(() => layerMs([], 1, 0)).toThrow(RangeError);
});

it("a frame holds a link up for its bytes, and arrives half a round trip later", () => {
  const link = { rttMs: 4, bytesPerMs: 1000 };
  expect(sendMs(link, 2500)).toBe(2.5);
  expect(delayMs(link)).toBe(2);
});

it("a head's time grows with the rows that it scores", () => {
  expect(headMs({ floorMs: 2, rowMs: 3 }, 4)).toBe(14);
});
