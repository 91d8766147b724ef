/** Listens to a ring that serves, and has its layers moved between answers where devices have changed and that pays. */
import { Replanner, type DriftLap, type Move, type Standing } from "@jupiter/planner";

export class Replanning {
  readonly #move: (move: Move) => void;
  #replanner: Replanner | null = null;
  /** Questions whose answers have not ended. */
  readonly #asked = new Set<string>();

  /** `move` is called while no answer is under way. */
  constructor(move: (move: Move) => void) {
    this.#move = move;
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

  observe(lap: DriftLap): void {
    this.#replanner?.observe(lap);
  }

  answered(id: string): void {
    this.#asked.delete(id);
    const replanner = this.#replanner;
    // Whoever hears of the answer may ask the next question at once.
    queueMicrotask(() => {
      if (replanner === null || replanner !== this.#replanner || this.#asked.size > 0) return;
      const move = replanner.afterAnswer();
      if (move !== null) this.#move(move);
    });
  }
}
