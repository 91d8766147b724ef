/** The port of whoever guesses what comes next. Guesses cost rows, never correctness: the model's verdict decides. */

export type BranchId = string;

/** A line of text and the place in it from which a drafter is to go on. */
export interface BranchView {
  readonly branch: BranchId;
  /** Certain tokens. Grows while the branch lives and is not to be changed; take what is needed before the first `await`. */
  readonly certain: readonly number[];
  /** Drafted tokens that follow them, up to the place to go on from. */
  readonly drafted: readonly number[];
}

/** Not asked: heads beside the LM head, whose guesses come with a verdict. */
export const MEDUSA = "medusa";

export interface Draft {
  /** Index of the view that it belongs to. */
  readonly view: number;
  /** Index in the answer of the draft that it follows; -1: it follows the view's last token. */
  readonly after: number;
  readonly token: number;
  /** That the model says the same if what comes before holds; in (0, 1]. */
  readonly probability: number;
}

/**
 * Asked once at a time. An answer given at once takes part in the frame that is about to be sent; one that is promised, in those after. A frame
 * never waits. `signal` aborts when the places asked about turned out wrong; the answer is then not looked at,
 * but until the promise settles nothing else is asked.
 */
export interface Drafter {
  readonly name: string;
  /** It answers at once, for next to nothing. */
  readonly isInstant?: boolean;
  /** Its answers take a device's time, whether they are any good or not: asked only while that pays. */
  readonly isCostly?: boolean;
  /** At most about `budget` drafts for each view, parents before children; may be none. Rejects only when it cannot go on at all. */
  extend(
    views: readonly BranchView[],
    budget: number,
    options: { readonly signal: AbortSignal },
  ): readonly Draft[] | Promise<readonly Draft[]>;
  /** The branch is over. */
  forget(branch: BranchId): void;
}
