/**
 * When the slowest stage will have taken what was sent. Guesses that are sent before wait in its queue, where they hold up what is certain and cannot profit from
 * verdicts and better guesses that come meanwhile.
 */
import type { FrameNumber } from "@jupiter/protocol";

interface Turn {
  readonly frame: FrameNumber;
  readonly fromMs: number;
  readonly endMs: number;
}

export class Pace {
  /** Of frames whose time is not over, in order. */
  #turns: Turn[] = [];
  #wakeAtMs: number | null = null;

  /** `stageMs`: what the slowest stage takes for it. */
  sent(frame: FrameNumber, nowMs: number, stageMs: number): void {
    this.#turns = this.#turns.filter(({ endMs }) => endMs > nowMs);
    const fromMs = this.freeAtMs(nowMs);
    this.#turns.push({ frame, fromMs, endMs: fromMs + stageMs });
  }

  /** They are passed on without computing, but for the one that is being computed. */
  refuted(frames: readonly FrameNumber[], nowMs: number): void {
    if (frames.length === 0) return;
    const turns = this.#turns;
    this.#turns = [];
    for (const { frame, fromMs, endMs } of turns) {
      if (endMs <= nowMs || (fromMs > nowMs && frames.includes(frame))) continue;
      if (fromMs <= nowMs) this.#turns.push({ frame, fromMs, endMs });
      else this.sent(frame, nowMs, endMs - fromMs);
    }
  }

  /** Now, or later. */
  freeAtMs(nowMs: number): number {
    return Math.max(nowMs, this.#turns.at(-1)?.endMs ?? nowMs);
  }

  /** When the coordinator is to be woken; null: at once, or that is arranged. */
  wakeAtMs(nowMs: number): number | null {
    const atMs = this.freeAtMs(nowMs);
    if (atMs === nowMs || (this.#wakeAtMs !== null && this.#wakeAtMs <= atMs)) return null;
    return (this.#wakeAtMs = atMs);
  }

  /** Also where that was too early. */
  woken(): void {
    this.#wakeAtMs = null;
  }
}
