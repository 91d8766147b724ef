/**
 * One token at one place of an arena's tree: of a dialogue, of an answer, or drafted. Rows share their beginnings, so an arena's rows are a tree
 * whatever runs in it.
 *
 * Invariants:
 * 1. a row's holders are the lines and trunks that still need it; a row without any is dead and stays so;
 * 2. whoever holds a row holds its ancestors, so a live row's parent is live;
 * 3. a row is sent at most once, after its parent.
 */
import { ROOT, type FrameNumber, type RowScore, type Slot } from "@jupiter/protocol";
import type { Line } from "./line.ts";

/** That a drafter named this row, and how sure it was that the row holds if its parent does. */
export interface Proposal {
  readonly drafter: number;
  readonly claimed: number;
  /** Nobody else had spoken of the place yet. */
  readonly wasAlone: boolean;
}

export class Row {
  readonly token: number;
  /** Null for an arena's root, which stands for no token. */
  readonly parent: Row | null;
  readonly position: number;
  /** Known to be in the text; drafted ones are not yet, or never. */
  certain: boolean;
  /** Whose next token this row's verdict decides. Null: nobody wants its verdict. */
  readonly owner: Line | null;
  /** Live rows that follow. */
  readonly children: Row[] = [];
  readonly proposals: Proposal[] = [];
  /** Drafters (bit by index) that were asked what follows. */
  askedOf = 0;
  /** Those that had something to say. */
  proposedBy = 0;
  /** Index in the arena's list, from when it was sent on; `keep` changes it. */
  slot: Slot | null;
  frame: FrameNumber | null = null;
  /** Which of its line's laps carried it. */
  lap = 0;
  /** Tokens whose log-probability its verdict is to tell besides the best ones'. */
  askIds: readonly number[] = [];
  /** Its verdict, until it is used. */
  score: RowScore | null = null;
  #holders = 0;

  /** `parent` null: an arena's root. */
  constructor(token: number, parent: Row | null, { certain, owner }: { certain: boolean; owner: Line | null }) {
    this.token = token;
    this.parent = parent;
    this.position = parent === null ? -1 : parent.position + 1;
    this.certain = certain;
    this.owner = owner;
    this.slot = parent === null ? ROOT : null;
  }

  get live(): boolean {
    return this.#holders > 0 || this.parent === null;
  }

  get drafts(): Row[] {
    return this.children.filter(({ certain }) => !certain);
  }

  hold(): void {
    if (this.#holders++ === 0) this.parent?.children.push(this);
  }

  release(): void {
    if (--this.#holders > 0) return;
    const siblings = this.parent?.children;
    siblings?.splice(siblings.indexOf(this), 1);
  }

  /** Lets go of a drafted row and of everything drafted below it. */
  refute(): void {
    for (const draft of this.drafts) draft.refute();
    this.release();
  }
}
