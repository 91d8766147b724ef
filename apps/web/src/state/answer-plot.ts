/** The newest answer as two lines, lap by lap: how fast tokens came, and what each lap took. Pure. */
import type { Lap } from "./pulse.ts";

export interface PlotPoint {
  readonly tokensPerSecond: number;
  readonly lapMs: number;
}

/** A lap's speed is that of the last few: one alone jumps with every hiccup. */
const WINDOW = 8;
/** More would not be told apart. */
const MOST_POINTS = 120;

/** From the second lap on, as speeds lie between two; longer answers in groups. */
export function answerPlot(laps: readonly Lap[]): readonly PlotPoint[] {
  const points = laps.slice(1).flatMap(({ atMs, lapMs }, i) => {
    const [first, ...rest] = laps.slice(Math.max(0, i + 1 - WINDOW), i + 2);
    if (first === undefined || atMs <= first.atMs) return [];
    const tokens = rest.reduce((sum, lap) => sum + lap.tokens, 0);
    return [{ tokensPerSecond: (tokens * 1000) / (atMs - first.atMs), lapMs }];
  });
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, group) => {
    const members = points.slice(group * size, (group + 1) * size);
    const mean = (of: (point: PlotPoint) => number) =>
      members.reduce((sum, point) => sum + of(point), 0) / members.length;
    return { tokensPerSecond: mean((point) => point.tokensPerSecond), lapMs: mean((point) => point.lapMs) };
  });
}

/** An SVG path of `values` over a box, the highest of them at its top; y grows downwards. */
export function linePath(values: readonly number[], width: number, height: number): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  const stepX = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, i) => `${i === 0 ? "M" : "L"}${round(i * stepX)} ${round(height - (value / most) * height)}`)
    .join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
