import { expect, it } from "vitest";
import { answerPlot, linePath } from "./answer-plot.ts";
import { STILL, tokensPerSecond, type Lap } from "./pulse.ts";

function laps(count: number, everyMs: number): Lap[] {
  return Array.from({ length: count }, (_, i) => ({
    atMs: 1000 + i * everyMs,
    lapMs: everyMs,
    tokens: 1,
    isAnswer: true,
  }));
}

it("has a point for every lap but the first, at the speed of the last few", () => {
  const points = answerPlot([...laps(20, 100), { atMs: 3400, lapMs: 500, tokens: 1, isAnswer: true }]);
  expect(points).toHaveLength(20);
  expect(points[0]?.tokensPerSecond).toBeCloseTo(10);
  expect(points[18]?.tokensPerSecond).toBeCloseTo(10);
  // Fifteen intervals of 100 ms and one of 500.
  expect(points[19]?.tokensPerSecond).toBeCloseTo(16_000 / 2000);
  expect(points[19]?.lapMs).toBe(500);
  expect(answerPlot(laps(1, 100))).toEqual([]);
});

it("thins long answers evenly, without changing what is level", () => {
  const points = answerPlot(laps(1000, 50));
  expect(points.length).toBeLessThanOrEqual(121);
  for (const { tokensPerSecond, lapMs } of points) {
    expect(tokensPerSecond).toBeCloseTo(20);
    expect(lapMs).toBe(50);
  }
});

it("draws the highest value at the top and nought at the bottom", () => {
  expect(linePath([0, 5, 10], 100, 40)).toBe("M0 40L50 20L100 0");
});

it("counts what drafts bring, not laps", () => {
  const drafted = laps(20, 100).map((lap, i) => ({ ...lap, tokens: i % 2 === 0 ? 3 : 0 }));
  expect(answerPlot(drafted).at(-1)?.tokensPerSecond).toBeCloseTo(15);
});

it.each([5, 90, 500, 1023])("ends at what the picture says now, after %i laps that become slower", (count) => {
  let atMs = 0;
  const answer = Array.from({ length: count }, (_, i): Lap => {
    const lapMs = 20 + i;
    return { atMs: (atMs += lapMs), lapMs, tokens: i % 3, isAnswer: true };
  });
  const now = answerPlot(answer).at(-1);
  expect(now?.tokensPerSecond).toBe(tokensPerSecond({ ...STILL, answer, recent: answer.slice(-60) }));
  expect(now?.lapMs).toBe(answer.at(-1)?.lapMs);
});
