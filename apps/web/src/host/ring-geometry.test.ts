import { expect, it } from "vitest";
import { pointAt, seatSize } from "./ring-geometry.ts";

it("a room of up to 64 devices: none of them overlaps its neighbour on the orbit", () => {
  for (let count = 2; count <= 65; count++) {
    const [a, b] = [pointAt(0), pointAt(360 / count)];
    expect(2 * seatSize(count).radius, `${count} devices`).toBeLessThan(Math.hypot(a.x - b.x, a.y - b.y));
    expect(seatSize(count).radius).toBeGreaterThan(0);
  }
});

it("words give way as devices come: numbers in lines, in one line, names alone, none", () => {
  expect([1, 5, 6, 8, 9, 10, 11].map((count) => seatSize(count).words)).toEqual([
    "all",
    "all",
    "one",
    "one",
    "name",
    "name",
    "none",
  ]);
});
