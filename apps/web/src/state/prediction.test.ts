import type { Pipe } from "@jupiter/planner";
import { expect, it } from "vitest";
import { comparedTo, errorPercent, expectedOf } from "./prediction.ts";

const pipe: Pipe = {
  places: [
    {
      link: { rttMs: 2, bytesPerMs: Infinity },
      layers: 10,
      costs: { layer: [{ fromRows: 1, floorMs: 0, rowMs: 1, pairMs: 0 }], frameMs: 0, head: null },
    },
  ],
  back: { rttMs: 2, bytesPerMs: Infinity },
  head: { floorMs: 8, rowMs: 0 },
  rowBytes: 100,
  mostRows: 256,
  closes: false,
};

it("an answer is expected by what of its prompt is new, and its laps", () => {
  const expected = expectedOf(pipe, { promptTokens: 100, reusedTokens: 60, tokens: 20 });
  // 40 rows of 10 layers, two ways of half a round trip, the head.
  expect(expected.firstTokenMs).toBeCloseTo(400 + 2 + 8);
  expect(expected.tokensPerSecond).toBeCloseTo(1000 / (10 + 2 + 8));
});

it("a prompt that is cut in chunks of one size is expected as it is cut", () => {
  const floors: Pipe = {
    ...pipe,
    places: pipe.places.map((place) => ({
      ...place,
      costs: { ...place.costs, layer: [{ fromRows: 1, floorMs: 5, rowMs: 1, pairMs: 0 }] },
    })),
  };
  const sizes = { promptTokens: 150, reusedTokens: 10, tokens: 20 };
  // 64, 64 and 12 rows: three times ten layers' floors.
  expect(expectedOf(floors, sizes, 64).firstTokenMs).toBeCloseTo(1400 + 150 + 2 + 8);
  expect(expectedOf(floors, sizes).firstTokenMs).toBeLessThan(1400 + 150);
});

it("what people would not notice is as planned; all else is less or more, by how much", () => {
  expect(comparedTo(1000, 1099, 50).kind).toBe("alike");
  expect(comparedTo(100, 149, 50).kind).toBe("alike");
  expect(comparedTo(100, 150, 50)).toEqual({ kind: "more", by: 50 });
  expect(comparedTo(1000, 600, 50)).toEqual({ kind: "less", by: 400 });
});

it("errors are of what was measured", () => {
  expect(errorPercent(110, 100)).toBe(10);
  expect(errorPercent(90, 100)).toBe(-10);
});
