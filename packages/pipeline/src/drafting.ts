/**
 * What drafters are asked, and where their answers go: into the trees below the lines' tips, merged where several name the same token.
 *
 * Invariants:
 * 1. a drafter answers one question at a time: it is busy until it has answered, also where the question was given up meanwhile;
 * 2. a place is put to a drafter once: the end of the likeliest drafted path of a line;
 * 3. one that takes its time is asked to go on from its own guesses only: others' mostly lead nowhere, and it would be busy with them when the text goes on;
 * 4. an answer changes nothing but drafts of lines that live.
 */
import { Acceptance } from "./acceptance.ts";
import type { RowScore } from "@jupiter/protocol";
import { MEDUSA, type BranchView, type Draft, type Drafter } from "./drafter.ts";
import type { Line } from "./line.ts";
import type { CoordinatorEffect } from "./requests.ts";
import { Row, type Proposal } from "./row.ts";
import { takeLikeliest } from "./scheduler.ts";
import { Trial } from "./trial.ts";
import { Usefulness } from "./usefulness.ts";

/** Guesses of a Medusa head: more cost rows than they bring. */
const MEDUSA_CHILDREN = 2;

/** A path less likely than this is not drafted on. */
const WORTH_DRAFTING = 0.05;
/** Of one line in a question: the likeliest ends of its tree. A further place costs a drafter far less than another question. */
const MOST_PLACES = 3;

/** What is to be known of one before it is asked. */
export type NamedDrafter = Pick<Drafter, "name" | "isInstant" | "isCostly">;

/** Of a claim among those of other drafters who have spoken of the place: there are none, all of them name the token, too, or some do not. */
type Company = "alone" | "shared" | "contradicted";

interface Place {
  readonly line: Line;
  readonly row: Row;
}

interface Ask {
  readonly id: number;
  readonly drafter: number;
  readonly places: readonly Place[];
  /** Nobody looks at the answer any more. */
  abandoned: boolean;
}

export class Drafting {
  readonly #drafters: readonly NamedDrafter[];
  /** Per drafter: what a claim is worth goes by the company that it is in. */
  readonly #worth: readonly Readonly<Record<Company, Acceptance>>[];
  readonly #usefulness: readonly Usefulness[];
  /** The index of the Medusa heads among the drafters; -1 where there are none. */
  readonly #medusa: number;
  #trials: readonly Trial[] = [];
  #asks: Ask[] = [];
  #nextAsk = 1;

  constructor(drafters: readonly NamedDrafter[]) {
    this.#drafters = drafters;
    this.#worth = drafters.map(() => ({
      alone: new Acceptance(),
      shared: new Acceptance(),
      contradicted: new Acceptance(),
    }));
    this.#usefulness = drafters.map(() => new Usefulness());
    this.#medusa = drafters.findIndex(({ name }) => name === MEDUSA);
    this.ringChanged();
  }

  /** What guesses cost and bring is another ring's. */
  ringChanged(): void {
    this.#trials = this.#drafters.map(() => new Trial());
  }

  /** A line got so many tokens at once, so long after those before; no other line was under way. */
  observe({ decoding }: Line, tokens: number, ms: number): void {
    this.#trials.forEach((trial, drafter) => {
      const name = this.#drafters[drafter]?.name;
      if (name !== undefined && decoding.drafters.includes(name)) trial.observe(tokens, ms);
    });
  }

  /** That a draft holds if its parent does: the best that its drafters have to show. */
  readonly probabilityOf = (draft: Row): number =>
    Math.max(
      0,
      ...draft.proposals.map(
        ({ drafter, claimed }) => this.#worth[drafter]?.[companyOf(draft, drafter)].probability(claimed) ?? 0,
      ),
    );

  /** A drafter that has not spoken yet of the draft's place, or of one above it, is being asked: it may know better soon. */
  isAwaited(draft: Row): boolean {
    const open = this.#asks.filter(({ abandoned }) => !abandoned);
    for (let at = draft; !at.certain && at.parent !== null; at = at.parent) {
      const place = at.parent;
      if (open.some(({ drafter, places }) => places.some(({ row }) => row === place) && !hasSpoken(drafter, place)))
        return true;
    }
    return false;
  }

  /** Questions for every drafter of this kind that has none, one batch each. */
  ask(kind: "instant" | "slow", lines: readonly Line[]): CoordinatorEffect[] {
    return this.#drafters.flatMap(({ name, isInstant = false }, drafter): CoordinatorEffect[] => {
      if (isInstant !== (kind === "instant")) return [];
      if (this.#asks.some((ask) => ask.drafter === drafter)) return [];
      const places = lines.flatMap((line) => this.#placesFor(line, drafter));
      if (places.length === 0) return [];
      for (const { row } of places) row.askedOf |= 1 << drafter;
      const ask = { id: this.#nextAsk++, drafter, places, abandoned: false };
      this.#asks.push(ask);
      const budget = Math.max(...places.map(({ line }) => line.decoding.rows));
      return [{ kind: "draft", ask: ask.id, drafter: name, views: places.map(viewOf), budget }];
    });
  }

  /** Questions about places that are refuted need no answer any more; each is told once. */
  abandonStale(): CoordinatorEffect[] {
    const stale = this.#asks.filter(
      ({ abandoned, places }) => !abandoned && places.every(({ line, row }) => line.over || !row.live),
    );
    for (const ask of stale) ask.abandoned = true;
    return stale.length === 0 ? [] : [{ kind: "abandon-drafts", asks: stale.map(({ id }) => id) }];
  }

  /** Medusa heads are to guess along with this row's verdict. */
  wantsGuesses({ owner, position }: Row): boolean {
    if (this.#medusa < 0 || owner === null) return false;
    if (owner.decoding.rows < 2 || !owner.decoding.drafters.includes(MEDUSA)) return false;
    return this.#isWorthAsking(this.#medusa, owner, position);
  }

  /** What Medusa heads guess of the tokens below a line's new tip: the best of each below the best of the one before. */
  foretell(line: Line, guesses: NonNullable<RowScore["guesses"]>): void {
    const drafter = this.#medusa;
    if (drafter < 0 || line.over) return;
    if (guesses.length > 0) this.#trials[drafter]?.answered();
    let parent: Row | null = line.tip;
    for (const candidates of guesses) {
      if (parent === null) return;
      const above: Row = parent;
      const rows = candidates
        .slice(0, MEDUSA_CHILDREN)
        .map(({ id, logProb }) => this.#add(line, above, id, { drafter, claimed: Math.min(1, Math.exp(logProb)) }));
      parent = rows[0] ?? null;
    }
  }

  drafted(id: number, drafts: readonly Draft[]): void {
    const ask = this.#asks.find((candidate) => candidate.id === id);
    if (ask === undefined) return;
    this.#asks = this.#asks.filter((other) => other !== ask);
    if (drafts.length > 0) this.#trials[ask.drafter]?.answered();
    if (ask.abandoned) return;
    const rows: (Row | null)[] = [];
    for (const { view, after, token, probability } of drafts) {
      const place = ask.places[view];
      const parent = after < 0 ? place?.row : rows[after];
      const usable = place !== undefined && !place.line.over && parent?.live === true;
      rows.push(usable ? this.#add(place.line, parent, token, { drafter: ask.drafter, claimed: probability }) : null);
    }
  }

  /** A verdict on `tip` is there: what was drafted there held, or did not. To be told before the line follows. */
  judge(line: Line, tip: Row, holds: (draft: Row) => boolean): void {
    this.#usefulness.forEach((usefulness, drafter) => {
      const own = tip.drafts.filter(({ proposals }) => proposals.some((proposal) => proposal.drafter === drafter));
      if (own.length > 0) usefulness.judge(own.some(holds));
    });
    for (const draft of tip.drafts) {
      const held = holds(draft);
      for (const { drafter, claimed, wasAlone } of draft.proposals) {
        const company = companyOf(draft, drafter);
        this.#worth[drafter]?.[company].judge(claimed, held);
        // It was sent, or not, before others spoke: counted whatever they said then, or only the claims that they share would count.
        if (wasAlone && company !== "alone") this.#worth[drafter]?.alone.judge(claimed, held);
        const counts = line.count(drafter);
        counts.drafted++;
        if (draft.slot !== null) counts.sent++;
        if (draft.slot !== null && held) counts.accepted++;
      }
    }
  }

  /** Where nobody of this name was asked yet, likeliest first. */
  #placesFor(line: Line, drafter: number): Place[] {
    const { name = "", isInstant = false } = this.#drafters[drafter] ?? {};
    const { decoding, tip } = line;
    if (!line.decodes || decoding.rows < 2 || !decoding.drafters.includes(name)) return [];
    if (name === MEDUSA || !this.#isWorthAsking(drafter, line, tip.position)) return [];
    const most = decoding.rows * decoding.windows;
    const places: Place[] = [];
    const open = [{ row: tip, probability: 1 }];
    // Of the tree the likeliest part, as much as may be on its way at once.
    for (let seen = 0; seen <= most && places.length < MOST_PLACES; seen++) {
      const next = takeLikeliest(open);
      if (next === undefined || next.probability < WORTH_DRAFTING) break;
      const { row, probability } = next;
      if (row.position - tip.position >= most || row.position + 2 >= line.longest) continue;
      if ((row.askedOf & (1 << drafter)) === 0) places.push({ line, row });
      for (const draft of row.drafts) {
        // Invariant 3.
        const isOwn = draft.proposals.some((proposal) => proposal.drafter === drafter);
        if (isInstant || isOwn) open.push({ row: draft, probability: probability * this.probabilityOf(draft) });
      }
    }
    return places;
  }

  #isWorthAsking(drafter: number, { decoding }: Line, position: number): boolean {
    if (this.#drafters[drafter]?.isCostly !== true || decoding.asksAlways === true) return true;
    return this.#trials[drafter]?.isOn === true && this.#usefulness[drafter]?.isWorthAsking(position) === true;
  }

  /** Null: the text has gone another way meanwhile, or ends before. */
  #add(line: Line, parent: Row, token: number, { drafter, claimed }: Omit<Proposal, "wasAlone">): Row | null {
    if (parent.position + 2 >= line.longest) return null; // the last token of an answer needs no verdict
    if (parent.certain && parent !== line.tip) {
      const next = line.path[parent.position + 1];
      return next?.token === token ? next : null;
    }
    let row = parent.drafts.find((draft) => draft.token === token);
    if (row === undefined) {
      row = new Row(token, parent, { certain: false, owner: line });
      row.hold();
    }
    if (row.proposals.every((proposal) => proposal.drafter !== drafter))
      row.proposals.push({ drafter, claimed, wasAlone: othersAt(row, drafter) === 0 });
    parent.proposedBy |= 1 << drafter;
    return row;
  }
}

function hasSpoken(drafter: number, { proposedBy }: Row): boolean {
  return (proposedBy & (1 << drafter)) !== 0;
}

/** Other drafters (bit by index) that have spoken of a draft's place. */
function othersAt({ parent }: Row, drafter: number): number {
  return (parent?.proposedBy ?? 0) & ~(1 << drafter);
}

function companyOf(draft: Row, drafter: number): Company {
  const others = othersAt(draft, drafter);
  if (others === 0) return "alone";
  const named = draft.proposals.reduce((bits, proposal) => bits | (1 << proposal.drafter), 0);
  return (others & ~named) === 0 ? "shared" : "contradicted";
}

function viewOf({ line, row }: Place): BranchView {
  const drafted: number[] = [];
  for (let at = row; at !== line.tip && at.parent !== null; at = at.parent) drafted.push(at.token);
  return { branch: line.request.id, certain: line.tokens, drafted: drafted.reverse() };
}
