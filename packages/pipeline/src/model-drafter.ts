/**
 * Drafts by a smaller model that runs whole, apart from the ring. Each question is one step of it over all the places asked about: the rows that it has not
 * seen yet go in, the likeliest tokens that follow come out. Its cache is a token tree like the ring's, kept in step with what became of the text.
 *
 * Invariants:
 * 1. questions come one at a time, so the model's slot list changes in the order of its runs;
 * 2. rows that nobody needs any more are written over (rollback by base slot), or cleared away by `keep` once they are many;
 * 3. of texts that ended, the last few stay for those that begin alike, until their room is needed.
 */
import type { CacheCommand, RowTable } from "@jupiter/protocol";
import { Arena } from "./arena.ts";
import { DraftBranch } from "./draft-branch.ts";
import type { BranchId, BranchView, Draft, Drafter } from "./drafter.ts";
import type { Row } from "./row.ts";

export interface Candidate {
  readonly id: number;
  /** Natural. */
  readonly logProb: number;
}

export interface DraftRun {
  /** To be applied to the cache first. */
  readonly commands: readonly CacheCommand[];
  /** `wanted` where candidates are asked for. */
  readonly rows: RowTable;
  readonly tokenIds: Int32Array;
}

/** All layers, final norm and head of a model. */
export interface DraftModel {
  /**
   * For each wanted row, in row order, the likeliest next tokens, best first. Messages that have arrived are to be seen before it resolves: a
   * question may have been called back. Calls come one at a time.
   */
  run(step: DraftRun): Promise<readonly (readonly Candidate[])[]>;
}

export interface ModelDrafterOptions {
  /** Slots of the model's cache. */
  readonly capacity: number;
  /** Tokens that it goes on by itself below each place, while it is sure of them: whoever asks may be busy for as long. */
  readonly ahead: number;
  /** Rows of one run; a prompt goes in pieces of so many, so that a question that was called back costs no more than one. */
  readonly chunkRows: number;
}

/** Guesses for each place: wider trees cost more rows than their siblings bring. */
const CHILDREN = 2;
const LEAST_PROBABILITY = 0.05;
/** Of a path that is gone on with unasked. */
const SURE = 0.5;
/** Ended texts that are kept for those that begin alike: the last answer of a few conversations. */
const TRUNKS = 4;

/** A place that is asked about, and how far below it the drafter is. */
interface Path extends BranchView {
  readonly view: number;
  readonly line: DraftBranch;
  /** Index of the draft that the next one follows. */
  readonly after: number;
  /** Of the drafts so far, if the place holds. */
  readonly probability: number;
}

export class ModelDrafter implements Drafter {
  readonly name = "model";
  readonly isCostly = true;
  readonly #model: DraftModel;
  readonly #options: ModelDrafterOptions;
  readonly #arena = new Arena(1);
  readonly #branches = new Map<BranchId, DraftBranch>();
  readonly #candidates = new WeakMap<Row, readonly Candidate[]>();
  #trunks: (readonly Row[])[] = [];
  /** That did not travel yet. */
  #commands: CacheCommand[] = [];

  constructor(model: DraftModel, options: ModelDrafterOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** Rows that the model's cache holds, dead ones between live ones included. */
  get cachedRows(): number {
    return this.#arena.end;
  }

  async extend(
    views: readonly BranchView[],
    budget: number,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly Draft[]> {
    const drafts: Draft[] = [];
    // Texts grow meanwhile.
    let paths = views.map((asked, view): Path => {
      const { branch, certain, drafted } = asked;
      return { view, branch, line: this.#branch(asked), certain: [...certain], drafted, after: -1, probability: 1 };
    });
    for (let depth = 0; depth < Math.min(this.#options.ahead, budget) && paths.length > 0; depth++) {
      const places = paths.map((path) => path.line.follow(path));
      if (!(await this.#compute(places, paths, signal))) return drafts;
      paths = paths.flatMap((path, i) => this.#goOn(path, places[i]?.at(-1), drafts));
    }
    return drafts;
  }

  forget(branch: BranchId): void {
    const rows = this.#branches.get(branch)?.end();
    this.#branches.delete(branch);
    if (rows === undefined) return;
    this.#trunks.push(rows);
    while (this.#trunks.length > TRUNKS) this.#dropTrunk();
  }

  /** Whatever of these rows was not computed yet; false: called back, or no room. */
  async #compute(places: readonly (readonly Row[])[], paths: readonly Path[], signal: AbortSignal): Promise<boolean> {
    // Tips, and whatever may become one.
    const wanted = new Set(places.flatMap((rows, i) => rows.slice((paths[i]?.certain.length ?? 0) - 1)));
    const { chunkRows } = this.#options;
    for (const rows of places) {
      for (let unseen = unseenOf(rows); unseen.length > chunkRows; unseen = unseenOf(rows)) {
        if (!(await this.#run(unseen.slice(0, chunkRows), new Set())) || signal.aborted) return false;
      }
    }
    const unseen = [...new Set(places.flatMap(unseenOf))];
    for (let first = 0; first < unseen.length; first += chunkRows) {
      if (!(await this.#run(unseen.slice(first, first + chunkRows), wanted)) || signal.aborted) return false;
    }
    return true;
  }

  /** Adds the drafts below a path's end; the paths to go on with: its likeliest, or none. */
  #goOn(path: Path, end: Row | undefined, drafts: Draft[]): Path[] {
    const { view, after } = path;
    const candidates = end === undefined ? [] : (this.#candidates.get(end) ?? []);
    const own = candidates
      .slice(0, CHILDREN)
      .map(({ id, logProb }): Draft => ({ view, after, token: id, probability: Math.min(1, Math.exp(logProb)) }))
      .filter(({ probability }) => probability >= LEAST_PROBABILITY);
    const next = drafts.length;
    drafts.push(...own);
    const [best] = own;
    const probability = path.probability * (best?.probability ?? 0);
    const isOver = this.#branches.get(path.branch) !== path.line;
    if (best === undefined || probability < SURE || isOver) return [];
    return [{ ...path, drafted: [...path.drafted, best.token], after: next, probability }];
  }

  #branch({ branch, certain }: BranchView): DraftBranch {
    const known = this.#branches.get(branch) ?? new DraftBranch(this.#arena, certain);
    this.#branches.set(branch, known);
    return known;
  }

  /** False: the cache has no room for them. */
  async #run(rows: readonly Row[], wanted: ReadonlySet<Row>): Promise<boolean> {
    this.#makeRoom(rows.length);
    if (this.#arena.end + rows.length > this.#options.capacity) return false;
    const commands = this.#commands;
    this.#commands = [];
    const table = this.#arena.append(rows, 0, (row) => wanted.has(row));
    const asked = rows.filter((row) => wanted.has(row));
    const candidates = await this.#model.run({
      commands,
      rows: table,
      tokenIds: Int32Array.from(rows, ({ token }) => token),
    });
    asked.forEach((row, i) => this.#candidates.set(row, candidates[i] ?? []));
    return true;
  }

  #makeRoom(rows: number): void {
    const { capacity } = this.#options;
    const isFull = () => this.#arena.end + rows > capacity;
    if (!isFull() && !this.#arena.needsCompacting) return;
    this.#compact();
    while (isFull() && this.#trunks.length > 0) {
      this.#dropTrunk();
      this.#compact();
    }
  }

  #compact(): void {
    const command = this.#arena.compact();
    if (command !== null) this.#commands.push(command);
  }

  #dropTrunk(): void {
    for (const row of this.#trunks.shift() ?? []) row.release();
  }
}

/** A text may have ended while another's rows were computed. */
function unseenOf(rows: readonly Row[]): Row[] {
  return rows.filter(({ slot, live }) => slot === null && live);
}
