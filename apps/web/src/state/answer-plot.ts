/** The newest answer as two lines, lap by lap: how fast tokens came, and what each lap took. Pure. */
import { speedAt, type Lap } from "./pulse.ts";

export interface PlotPoint {
  readonly tokensPerSecond: number;
  readonly lapMs: number;
}

/** More would not be told apart. */
const MOST_POINTS = 120;

/** From the second lap on, as speeds lie between two; longer answers in groups, but for the newest lap, which is told as it is. */
export function answerPlot(laps: readonly Lap[]): readonly PlotPoint[] {
  const points = laps.flatMap(({ lapMs }, i) => {
    const tokensPerSecond = speedAt(laps, i);
    return tokensPerSecond === null ? [] : [{ tokensPerSecond, lapMs }];
  });
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  const before = points.slice(0, -1);
  const groups = Array.from({ length: Math.ceil(before.length / size) }, (_, group) => {
    const members = before.slice(group * size, (group + 1) * size);
    const mean = (of: (point: PlotPoint) => number) =>
      members.reduce((sum, point) => sum + of(point), 0) / members.length;
    return { tokensPerSecond: mean((point) => point.tokensPerSecond), lapMs: mean((point) => point.lapMs) };
  });
  return [...groups, ...points.slice(-1)];
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
