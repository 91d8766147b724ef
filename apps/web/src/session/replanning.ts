/** Between the answers of a ring that serves: has its layers moved where devices have changed and that pays. */
import { Replanner, type Move, type Standing } from "@jupiter/planner";
import type { Seat } from "@jupiter/protocol";

export interface ReplanningOptions {
  /** What each device takes now, over what the plan reckoned with. */
  readonly factors: () => ReadonlyMap<Seat, number>;
  /** Called while no answer is under way. */
  readonly move: (move: Move) => void;
}

export class Replanning {
  readonly #options: ReplanningOptions;
  #replanner: Replanner | null = null;
  /** Questions whose answers have not ended. */
  readonly #asked = new Set<string>();

  constructor(options: ReplanningOptions) {
    this.#options = options;
  }

  /** A ring stands. */
  begin(standing: Standing): void {
    this.#replanner = new Replanner(standing);
  }

  /** It stands no more. Questions that wait for the next one are still asked. */
  end(): void {
    this.#replanner = null;
  }

  /** The worker that was asked is no more, and tells of no end. */
  forget(): void {
    this.#asked.clear();
  }

  asked(id: string): void {
    this.#asked.add(id);
  }

  answered(id: string): void {
    this.#asked.delete(id);
    const replanner = this.#replanner;
    // Whoever hears of the answer may ask the next question at once.
    queueMicrotask(() => {
      if (replanner === null || replanner !== this.#replanner || this.#asked.size > 0) return;
      const move = replanner.afterAnswer(this.#options.factors());
      if (move !== null) this.#options.move(move);
    });
  }
}
