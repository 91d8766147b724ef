import { expect, it } from "vitest";
import { CENTRE, pointAt, RADIUS, seatSize, viewBox } from "./ring-geometry.ts";

it("a room of up to 64 devices: none of them overlaps its neighbour on the orbit", () => {
  for (let count = 2; count <= 65; count++) {
    const [a, b] = [pointAt(0), pointAt(360 / count)];
    expect(2 * seatSize(count).radius, `${count} devices`).toBeLessThan(Math.hypot(a.x - b.x, a.y - b.y));
    expect(seatSize(count).radius).toBeGreaterThan(0);
  }
});

it("the picture reaches below the orbit and below the lowest device's words, and no further", () => {
  const bottomOf = (count: number) => {
    const [, top, , height] = viewBox(count).split(" ").map(Number) as [number, number, number, number];
    return top + height;
  };
  for (const count of [1, 2, 3, 4, 8, 64]) expect(bottomOf(count)).toBeGreaterThan(CENTRE + RADIUS);
  expect(bottomOf(1)).toBeLessThan(CENTRE + RADIUS + 20);
  expect(bottomOf(2)).toBeGreaterThan(pointAt(180).y + seatSize(2).radius + 50);
  expect(bottomOf(3)).toBeLessThan(bottomOf(2));
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
