import { seeded } from "@jupiter/testkit";
import { expect, it } from "vitest";
import { chanceOf, chanceOfOne, spread } from "./stats.ts";

it("gives the middle of an odd number of values, the mean of the two middle ones of an even number", () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, raw: [3, 1, 2] });
  expect(spread([4, 1, 2, 3]).median).toBe(2.5);
  expect(spread([]).median).toBeNaN();
});

it("knows how far medians are apart by chance: rarely more, and less with more values", () => {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const random = seeded(7);
  const sample = (count: number) => Array.from({ length: count }, normal);
  const median = (values: readonly number[]) => spread(values).median;
  for (const count of [3, 5, 9]) {
    let [outside, outsideOne] = [0, 0];
    for (let i = 0; i < 4000; i++) {
      const [a, b] = [sample(count), sample(count)];
      if (Math.abs(median(a) - median(b)) > chanceOf(a, b)!) outside++;
      if (Math.abs(median(a)) > chanceOfOne(a)!) outsideOne++;
    }
    expect(outside / 4000).toBeLessThan(0.02);
    expect(outsideOne / 4000).toBeLessThan(0.025);
    expect(outside).toBeGreaterThan(4);
  }
  const few = chanceOf([1, 2, 3], [1, 2, 3])!;
  expect(chanceOf([1, 1, 2, 2, 3, 3], [1, 1, 2, 2, 3, 3])).toBeLessThan(few / 2);
  expect(chanceOf([1], [2])).toBeNull();
  expect(chanceOfOne([1])).toBeNull();
  expect(chanceOf([1], [2, 4])).toBeGreaterThan(0);
});
