import { expect, it } from "vitest";
import { visits } from "./lap-motion.ts";

it("stays at each device in proportion to what it computes, and on the way for the rest", () => {
  const [host, phone, back] = visits(
    [
      { angle: 0, dwellMs: 10 },
      { angle: 180, dwellMs: 20 },
      { angle: 360, dwellMs: 10 },
    ],
    100,
  );
  expect(host).toMatchObject({ arrives: 0 });
  expect(host?.leaves).toBeCloseTo(0.1);
  expect(phone?.arrives).toBeCloseTo(0.4);
  expect(phone?.leaves).toBeCloseTo(0.6);
  expect(back?.arrives).toBeCloseTo(0.9);
  expect(back).toMatchObject({ leaves: 1 });
});

it("leaves something of a lap for the ways, however long devices compute", () => {
  const lap = visits(
    [0, 120, 240, 360].map((angle) => ({ angle, dwellMs: 50 })),
    100,
  );
  for (const [i, { arrives }] of lap.entries()) {
    expect(arrives - (lap[i - 1]?.leaves ?? arrives)).toBeGreaterThanOrEqual(i === 0 ? 0 : 0.13);
  }
});

it("goes round evenly before anything was measured", () => {
  const lap = visits(
    [0, 180, 360].map((angle) => ({ angle, dwellMs: 0 })),
    0,
  );
  expect(lap.map(({ arrives }) => arrives)).toEqual([0, 0.5, 1]);
});
