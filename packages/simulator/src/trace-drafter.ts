/** A draft model whose guesses were recorded: at each place of a known answer what it held likeliest, elsewhere what it held likeliest at some other place. */
import type { BranchView, Draft, Drafter } from "@jupiter/pipeline";
import type { Computer } from "./simulated-model.ts";
import type { TracedCase } from "./token-rule.ts";

export interface DraftedCase extends TracedCase {
  /** Per token of `greedy`: the drafter's likeliest tokens in its place, best first, with natural log-probabilities. */
  readonly draftTop: readonly (readonly (readonly [token: number, logProb: number])[])[];
}

export interface TraceDrafterOptions extends RecordedGuesses {
  readonly cases: readonly DraftedCase[];
  /** Whose time a step takes. */
  readonly computer: Computer;
}

/** How recorded guesses are made again, whoever replays them. A step takes `floorMs`, and `rowMs` for each further view in it. */
export interface RecordedGuesses {
  readonly floorMs: number;
  readonly rowMs: number;
  /** Guesses for each place. */
  readonly children: number;
  readonly seed: number;
}

/** As decoding names the drafter. */
export const RECORDED = "recorded";

export class TraceDrafter implements Drafter {
  readonly name = RECORDED;
  readonly #options: TraceDrafterOptions;
  readonly #places: readonly DraftedCase["draftTop"][number][];

  constructor(options: TraceDrafterOptions) {
    this.#options = options;
    this.#places = options.cases.flatMap(({ draftTop }) => draftTop);
    if (this.#places.length === 0) throw new RangeError("a recorded drafter needs at least one case with draftTop");
  }

  /** One step of the draft model over all views. */
  async extend(views: readonly BranchView[]): Promise<readonly Draft[]> {
    const { computer, floorMs, rowMs, children } = this.#options;
    const drafts = views.flatMap((view, index) =>
      this.#topAt(view)
        .slice(0, children)
        .map(([token, logProb]): Draft => ({ view: index, after: -1, token, probability: Math.exp(logProb) })),
    );
    await computer.compute("draft", floorMs + rowMs * (views.length - 1));
    return drafts;
  }

  forget(): void {
    // Nothing is kept of a branch.
  }

  #topAt({ certain, drafted }: BranchView): DraftedCase["draftTop"][number] {
    const length = certain.length + drafted.length;
    const tokenAt = (i: number) => (i < certain.length ? certain[i] : drafted[i - certain.length]);
    for (const { promptIds, greedy, draftTop } of this.#options.cases) {
      const place = length - promptIds.length;
      if (place < 0 || place >= draftTop.length) continue;
      let i = length - 1;
      while (i >= 0 && tokenAt(i) === (i < promptIds.length ? promptIds[i] : greedy[i - promptIds.length])) i--;
      if (i < 0) return draftTop[place] ?? [];
    }
    let mixed = this.#options.seed;
    for (const token of drafted) mixed = Math.imul(mixed ^ token, 0x9e3779b1);
    mixed = Math.imul(mixed ^ length ^ (mixed >>> 15), 0x85ebca6b);
    return this.#places[(mixed >>> 0) % this.#places.length] ?? [];
  }
}
