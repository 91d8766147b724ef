/** A picture of who computed what when: one row a device, one colour a frame, so that one sees a pipeline fill and drain. */
import type { Span } from "./activity.ts";

export interface GanttOptions {
  readonly title: string;
  /** From the top. */
  readonly devices: readonly string[];
  /** What is shown; spans beyond are left out. */
  readonly fromMs: number;
  readonly toMs: number;
}

const WIDTH = 1200;
const LEFT = 150;
const TOP = 44;
const ROW = 30;
const BAR = 22;
/** Narrower ones are drawn as one where they touch: nobody could tell them apart. */
const MIN_PX = 0.75;

/** An SVG document. */
export function gantt(spans: readonly Span[], { title, devices, fromMs, toMs }: GanttOptions): string {
  const scale = (WIDTH - LEFT - 20) / Math.max(1e-9, toMs - fromMs);
  const x = (ms: number) => LEFT + (ms - fromMs) * scale;
  const height = TOP + devices.length * ROW + 36;
  const hues = new Map<string, number>();
  // The golden angle: neighbours differ, and no two of many are quite alike.
  const colour = (label: string) => {
    const hue = hues.get(label) ?? (hues.size * 137.5) % 360;
    hues.set(label, hue);
    return `hsl(${hue.toFixed(0)} 60% 55%)`;
  };
  const shown = spans.filter(({ startMs, endMs }) => endMs >= fromMs && startMs <= toMs);
  for (const { label } of shown) colour(label);
  const bars = devices.flatMap((device, row) => {
    const own = shown.filter((span) => span.device === device).sort((a, b) => a.startMs - b.startMs);
    return merged(own, MIN_PX / scale).map(({ label, startMs, endMs }) => {
      const left = Math.max(LEFT, x(startMs));
      const width = Math.max(0.3, Math.min(x(endMs), WIDTH - 20) - left);
      const name = `${label}: ${startMs.toFixed(1)} to ${endMs.toFixed(1)} ms`;
      return `<rect x="${left.toFixed(2)}" y="${TOP + row * ROW + 4}" width="${width.toFixed(2)}" height="${BAR}" fill="${colour(label)}"><title>${escaped(name)}</title></rect>`;
    });
  });
  const names = devices.map(
    (device, row) => `<text x="${LEFT - 8}" y="${TOP + row * ROW + 20}" text-anchor="end">${escaped(device)}</text>`,
  );
  const bottom = TOP + devices.length * ROW + 4;
  const axis = ticks(fromMs, toMs).map(
    (ms) =>
      `<path d="M${x(ms).toFixed(2)} ${TOP}V${bottom}" stroke="#8884"/><text x="${x(ms).toFixed(2)}" y="${bottom + 16}" text-anchor="middle">${timeText(ms)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="24" font-size="15">${escaped(title)}</text>`,
    ...axis,
    ...names,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

/** Spans that touch and are too narrow to be told apart, as one. */
function merged(spans: readonly Span[], minMs: number): Span[] {
  const result: Span[] = [];
  for (const span of spans) {
    const before = result.at(-1);
    const isNarrow = span.endMs - span.startMs < minMs;
    if (before !== undefined && isNarrow && span.startMs - before.endMs < minMs / 2) {
      result[result.length - 1] = { ...before, label: "many frames", endMs: span.endMs };
    } else result.push(span);
  }
  return result;
}

/** Round times, five to ten of them. */
function ticks(fromMs: number, toMs: number): number[] {
  const rough = (toMs - fromMs) / 8;
  if (!(rough > 0)) return [fromMs];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough) ?? rough;
  const first = Math.ceil(fromMs / step);
  return Array.from({ length: Math.floor(toMs / step) - first + 1 }, (_, i) => (first + i) * step);
}

function timeText(ms: number): string {
  return Math.abs(ms) >= 1000 ? `${+(ms / 1000).toPrecision(4)} s` : `${+ms.toPrecision(3)} ms`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
