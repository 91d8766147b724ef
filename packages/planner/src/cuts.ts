/**
 * Where to cut the layers for one ring: dynamic programming over contiguous ranges, Jupiter's recurrence with states (sum, max) instead of the max alone.
 * State `(place, end)` keeps every pair that no other beats in both; so the recurrence's true winner, which neither number alone decides, is among
 * them. Exact for chunks that are all alike; what is left is scored by the true recurrence.
 */
import type { Problem } from "./problem.ts";

export interface Ring {
  readonly order: readonly number[];
  readonly headOnLast: boolean;
  /** The host's layers at the end, where it is both ends. */
  readonly tail: number;
}

interface Label {
  /** Sum that the objective takes whole; with several frames at once, the laps' part alone. */
  readonly sumMs: number;
  /** With several frames at once: what a prompt's chunk takes, in sum. */
  readonly promptSumMs: number;
  readonly lapMaxMs: number;
  readonly promptMaxMs: number;
  readonly valueMs: number;
  readonly count: number;
  readonly before: Label | null;
}

const MOST_LABELS = 32;

/** Layers per place, best first by the closed form; at most `keep`. Empty: nothing fits. `limitMs`: what is above it is of no interest. */
export function cutsOf(
  problem: Problem,
  ring: Ring,
  slicing: number,
  keep: number,
  limitMs = Infinity,
): readonly (readonly number[])[] {
  const { devices, work, L } = problem;
  const { order, headOnLast, tail } = ring;
  const places = tail > 0 ? order.length - 1 : order.length;
  const end = L - tail;
  const chunks = work.prompts === 0 ? 1 : work.slicings[slicing]!.rows.length;
  const waits = work.prompts === 0 ? 0 : (work.prompts * chunks - 1) / chunks;
  const isMany = work.frames > 1;
  const headAt = headOnLast ? order.at(-1)! : 0;
  const constMs = work.hostLapMs + devices[headAt]!.headLapMs;
  const valueOf = (sumMs: number, promptSumMs: number, lapMaxMs: number, promptMaxMs: number) =>
    (isMany ? work.laps * Math.max(sumMs + constMs, work.frames * lapMaxMs) : sumMs + work.laps * constMs) +
    promptSumMs +
    waits * promptMaxMs;

  let states: Label[][] = Array.from({ length: end + 1 }, () => []);
  const hostMs = isMany ? work.hostLapMs + (headAt === 0 ? devices[0]!.headLapMs : 0) : 0;
  states[0] = [{ sumMs: 0, promptSumMs: 0, lapMaxMs: hostMs, promptMaxMs: 0, valueMs: 0, count: 0, before: null }];
  for (let place = 0; place < places; place++) {
    const index = order[place]!;
    const device = devices[index]!;
    const extra = place === 0 ? tail : 0;
    const frames = extra > 0 ? 2 : 1;
    const isLast = place === places - 1;
    const withHead = headOnLast ? place === order.length - 1 : index === 0;
    const room = device.profile.memoryBytes - device.profile.fixedBytes - (withHead ? device.profile.headBytes : 0);
    const tailBytes = extra > 0 ? device.bytes[L]! - device.bytes[end]! : 0;
    const promptMs = work.prompts === 0 ? 0 : device.promptMs[slicing]!;
    const ownLapMs = (index === 0 ? hostMs : 0) + (isMany && index !== 0 && index === headAt ? device.headLapMs : 0);
    const after: Label[][] = Array.from({ length: end + 1 }, () => []);
    for (let first = 0; first <= end - (places - place); first++) {
      const labels = states[first]!;
      if (labels.length === 0) continue;
      const from = isLast ? end : first + 1;
      for (let y = from; y <= end - (places - place - 1); y++) {
        if (device.bytes[y]! - device.bytes[first]! + tailBytes > room) break;
        const layers = y - first + extra;
        const lapMs = frames * device.frameMs + layers * device.lapMs;
        const workMs = work.prompts === 0 ? 0 : frames * chunks * device.frameMs + layers * promptMs;
        for (const before of labels) {
          const sumMs = before.sumMs + (isMany ? lapMs : work.laps * lapMs + workMs / chunks);
          const promptSumMs = isMany ? before.promptSumMs + workMs / chunks : 0;
          const lapMaxMs = isMany ? Math.max(before.lapMaxMs, lapMs + ownLapMs) : 0;
          const promptMaxMs = Math.max(before.promptMaxMs, workMs);
          const valueMs = valueOf(sumMs, promptSumMs, lapMaxMs, promptMaxMs);
          if (valueMs > limitMs) continue;
          insert(after[y]!, { sumMs, promptSumMs, lapMaxMs, promptMaxMs, valueMs, count: y - first, before });
        }
      }
    }
    states = after;
  }
  return states[end]!.sort((a, b) => a.valueMs - b.valueMs)
    .slice(0, keep)
    .map((label) => {
      const counts: number[] = tail > 0 ? [tail] : [];
      for (let at: Label = label; at.before !== null; at = at.before) counts.unshift(at.count);
      return counts;
    });
}

/** Keeps what no other label beats in everything; of too many, the best. */
function insert(labels: Label[], label: Label): void {
  for (const other of labels) if (beats(other, label)) return;
  let kept = 0;
  let worst = -1;
  for (const other of labels) {
    if (beats(label, other)) continue;
    if (worst < 0 || other.valueMs > labels[worst]!.valueMs) worst = kept;
    labels[kept++] = other;
  }
  labels.length = kept;
  if (kept < MOST_LABELS) labels.push(label);
  else if (label.valueMs < labels[worst]!.valueMs) labels[worst] = label;
}

function beats(a: Label, b: Label): boolean {
  return (
    a.sumMs <= b.sumMs && a.promptMaxMs <= b.promptMaxMs && a.promptSumMs <= b.promptSumMs && a.lapMaxMs <= b.lapMaxMs
  );
}
