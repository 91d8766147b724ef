/** A picture of who computed what when: one row a device, one colour a frame, so that one sees a pipeline fill and drain. */
import type { Span } from "./activity.ts";

export interface GanttOptions {
  readonly title: string;
  /** From the top. */
  readonly devices: readonly string[];
  /** What is shown; spans beyond are left out. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Moments with a name, such as the first token's. */
  readonly marks?: readonly { readonly name: string; readonly atMs: number }[];
}

const WIDTH = 1200;
const LEFT = 150;
const TOP = 44;
const ROW = 30;
const BAR = 22;
/** Narrower ones are drawn as one where they touch: nobody could tell them apart. */
const MIN_PX = 0.75;
/** Labels in the legend; of more frames than that one sees by then how the colours go. */
const LEGEND = 7;
const LEGEND_ROW = 28;

/** An SVG document. */
export function gantt(spans: readonly Span[], { title, devices, fromMs, toMs, marks = [] }: GanttOptions): string {
  const scale = (WIDTH - LEFT - 20) / Math.max(1e-9, toMs - fromMs);
  const x = (ms: number) => LEFT + (ms - fromMs) * scale;
  const height = TOP + devices.length * ROW + 36 + LEGEND_ROW;
  const hues = new Map<string, number>();
  // The golden angle: neighbours differ, and no two of many are quite alike.
  const colour = (label: string) => {
    const hue = hues.get(label) ?? (hues.size * 137.5) % 360;
    hues.set(label, hue);
    return `hsl(${hue.toFixed(0)} 60% 55%)`;
  };
  const shown = spans.filter(({ startMs, endMs }) => endMs >= fromMs && startMs <= toMs);
  for (const { label } of [...shown].sort((a, b) => a.startMs - b.startMs)) colour(label);
  const bars = devices.flatMap((device, row) => {
    const own = shown.filter((span) => span.device === device).sort((a, b) => a.startMs - b.startMs);
    return merged(own, MIN_PX / scale).map(({ label, startMs, endMs }) => {
      const left = Math.max(LEFT, x(startMs));
      const width = Math.max(0.3, Math.min(x(endMs), WIDTH - 20) - left);
      const name = `${label}: ${startMs.toFixed(1)} to ${endMs.toFixed(1)} ms`;
      return `<rect x="${left.toFixed(2)}" y="${TOP + row * ROW + 4}" width="${width.toFixed(2)}" height="${BAR}" fill="${colour(label)}" stroke="#fff" stroke-width="0.4"><title>${escaped(name)}</title></rect>`;
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
  const moments = marks
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map(
      ({ name, atMs }) =>
        `<path d="M${x(atMs).toFixed(2)} ${TOP - 6}V${bottom}" stroke="#000" stroke-dasharray="4 3"/><text x="${x(atMs).toFixed(2)}" y="${TOP - 9}" text-anchor="middle">${escaped(name)}</text>`,
    );
  const step = (WIDTH - LEFT - 20) / (LEGEND + 2);
  const keys = [...hues.keys()].slice(0, LEGEND);
  const legend = [
    ...keys.map(
      (label, i) =>
        `<rect x="${LEFT + i * step}" y="${height - 19}" width="12" height="12" fill="${colour(label)}"/><text x="${LEFT + i * step + 17}" y="${height - 9}">${escaped(label)}</text>`,
    ),
    `<text x="${LEFT + keys.length * step}" y="${height - 9}">${hues.size > keys.length ? "… one colour a frame; " : ""}white: idle</text>`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="24" font-size="15">${escaped(title)}</text>`,
    ...axis,
    ...names,
    ...bars,
    ...moments,
    ...legend,
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
