/** What frames of few rows take, as laps tell: the lap as a whole, and the stage that takes longest. */
import type { LapEvent } from "./host-driver.ts";
import { RowCosts } from "./row-costs.ts";

/** Kernels change their ways beyond. */
const FEW_ROWS = 16;

export class LapCosts {
  readonly #laps = new RowCosts();
  readonly #slowest = new RowCosts();

  observe({ rows, lapMs, headMs, headAt, stageTimes, wanted, dead }: LapEvent): void {
    if (!wanted || dead || rows > FEW_ROWS) return;
    const queuedMs = stageTimes.reduce((sum, { queueUs }) => sum + queueUs / 1000, 0);
    this.#laps.observe(rows, Math.max(0, lapMs - queuedMs) + headMs);
    const stages = stageTimes.map(({ computeUs }, i) => {
      const hasHead = headAt === "last" && i === stageTimes.length - 1;
      return computeUs / 1000 + (hasHead ? headMs : 0);
    });
    this.#slowest.observe(rows, Math.max(0, ...stages));
  }

  /** Milliseconds once laps were seen; before, in laps of one row. */
  readonly costOf = this.#laps.costOf;

  /** Milliseconds of the slowest stage; 0 until it was seen. */
  readonly stageMsOf = (rows: number): number => (this.#slowest.isKnown ? this.#slowest.costOf(rows) : 0);
}
