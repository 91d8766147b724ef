/** How the ring is running at the moment, out of the laps that its frames made. Pure. */
import type { LapEvent } from "@jupiter/pipeline";

export interface Lap {
  readonly atMs: number;
  readonly lapMs: number;
  /** Tokens of the answer that it brought; of a line with drafts more than one, or none. */
  readonly tokens: number;
  /** False: a chunk of a prompt. */
  readonly isAnswer: boolean;
}

export interface Pulse {
  /** Counts every lap of this ring. */
  readonly laps: number;
  /** The last ones, oldest first. */
  readonly recent: readonly Lap[];
  /** No token of the newest answer has come yet. */
  readonly isReading: boolean;
  /** Those of the newest answer, its prompt's left out, oldest first. */
  readonly answer: readonly Lap[];
  /** By stage, smoothed; of an answer's laps. */
  readonly stageMs: readonly number[];
  readonly headMs: number;
}

export const STILL: Pulse = { laps: 0, recent: [], isReading: true, answer: [], stageMs: [], headMs: 0 };
const KEPT = 60;
/** Of one answer; longer ones show their end. */
const KEPT_OF_ANSWER = 1024;
/** Weight of the newest lap: about the last seven count. */
const SMOOTHING = 0.15;
/** A lap's speed is that of so many: one alone jumps with every hiccup. */
const SPEED_LAPS = 16;

/** A question was asked; what the devices take is known as before. */
export function beforeAnswer(pulse: Pulse): Pulse {
  return { ...pulse, recent: [], isReading: true, answer: [] };
}

export function afterLap(pulse: Pulse, { atMs, lapMs, headMs, stageTimes, dead }: LapEvent): Pulse {
  if (dead) return pulse;
  // However short: a prompt may be cut into chunks of one row.
  const isAnswer = !pulse.isReading;
  const lap = { atMs, lapMs, tokens: 0, isAnswer };
  const counted = { laps: pulse.laps + 1, recent: [...pulse.recent.slice(1 - KEPT), lap] };
  if (!isAnswer) return { ...pulse, ...counted };
  const answer = [...pulse.answer.slice(1 - KEPT_OF_ANSWER), lap];
  const smooth = (before: number | undefined, now: number) =>
    before === undefined || before === 0 ? now : before + SMOOTHING * (now - before);
  const stageMs = stageTimes.map(({ computeUs }, i) => smooth(pulse.stageMs[i], computeUs / 1000));
  return { ...pulse, ...counted, answer, stageMs, headMs: smooth(pulse.headMs, headMs) };
}

/** The newest lap brought a token. */
export function afterToken(pulse: Pulse): Pulse {
  const lap = pulse.recent.at(-1);
  if (lap === undefined) return { ...pulse, isReading: false };
  const more = { ...lap, tokens: lap.tokens + 1 };
  const answer = lap.isAnswer ? [...pulse.answer.slice(0, -1), more] : pulse.answer;
  return { ...pulse, isReading: false, recent: [...pulse.recent.slice(0, -1), more], answer };
}

/** Tokens a second, now: what the picture and its plot both say; null: too few laps to say. */
export function tokensPerSecond({ answer }: Pulse): number | null {
  return speedAt(answer, answer.length - 1);
}

/** Tokens a second at the lap of this index, over the last few up to it; null: too few to say. */
export function speedAt(laps: readonly Lap[], index: number): number | null {
  const few = laps.slice(Math.max(0, index - SPEED_LAPS), index + 1);
  // Of the last answer alone: a pause between two is nobody's slowness.
  const start = few.findLastIndex(({ atMs, lapMs }, i) => i > 0 && atMs - lapMs - (few[i - 1]?.atMs ?? 0) > 500);
  const [first, ...rest] = few.slice(Math.max(0, start));
  const last = rest.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
  return (rest.reduce((sum, { tokens }) => sum + tokens, 0) * 1000) / (last.atMs - first.atMs);
}
