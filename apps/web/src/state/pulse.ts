/** How the ring is running at the moment, out of the laps that its frames made. Pure. */
import type { LapEvent } from "@jupiter/pipeline";

export interface Lap {
  readonly atMs: number;
  readonly lapMs: number;
  /** New tokens that it brought or read. */
  readonly rows: number;
  /** False: a chunk of a prompt. */
  readonly isToken: boolean;
}

export interface Pulse {
  /** Counts every lap of this ring. */
  readonly laps: number;
  /** The last ones, oldest first. */
  readonly recent: readonly Lap[];
  /** By stage, smoothed; of laps that bring one token. */
  readonly stageMs: readonly number[];
  readonly headMs: number;
}

export const STILL: Pulse = { laps: 0, recent: [], stageMs: [], headMs: 0 };
const KEPT = 60;
/** Weight of the newest lap: about the last seven count. */
const SMOOTHING = 0.15;

export function afterLap(pulse: Pulse, { rows, lapMs, headMs, stageTimes, dead }: LapEvent, atMs: number): Pulse {
  if (dead) return pulse;
  const isToken = rows === 1;
  const recent = [...pulse.recent.slice(1 - KEPT), { atMs, lapMs, rows, isToken }];
  const counted = { laps: pulse.laps + 1, recent };
  if (!isToken) return { ...pulse, ...counted };
  const smooth = (before: number | undefined, now: number) =>
    before === undefined || before === 0 ? now : before + SMOOTHING * (now - before);
  const stageMs = stageTimes.map(({ computeUs }, i) => smooth(pulse.stageMs[i], computeUs / 1000));
  return { ...counted, stageMs, headMs: smooth(pulse.headMs, headMs) };
}

/** Tokens a second over the last laps that brought one; null: too few to say. */
export function tokensPerSecond({ recent }: Pulse): number | null {
  const tokens = recent.filter(({ isToken }) => isToken);
  // Of the last answer alone: a pause between two is nobody's slowness.
  const start = tokens.findLastIndex(({ atMs, lapMs }, i) => i > 0 && atMs - lapMs - (tokens[i - 1]?.atMs ?? 0) > 500);
  const [first, ...rest] = tokens.slice(Math.max(0, start));
  const last = rest.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
  return (rest.length * 1000) / (last.atMs - first.atMs);
}
