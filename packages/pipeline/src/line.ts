/**
 * A request that runs, as a line of text that grows: certain rows (the prompt's, then the answer's) and below the last of them the tree of what is
 * drafted.
 *
 * Invariants:
 * 1. a line holds its certain rows and its drafts, nothing else, and lets go of all when it ends;
 * 2. the last certain row (the tip) is the line's own, never shared, and so is what is drafted below it;
 * 3. `tokens` are the tokens of `path`, in order; both only grow.
 */
import { Balance } from "./balance.ts";
import type { Conversation } from "./conversations.ts";
import type { Decoding } from "./decoding.ts";
import type { DrafterCount, GenerateRequest, Timings } from "./requests.ts";
import { Row } from "./row.ts";

export class Line {
  readonly request: GenerateRequest;
  readonly conversation: Conversation;
  readonly decoding: Decoding;
  /** Tokens that prompt and answer may have at most. */
  readonly longest: number;
  readonly path: Row[];
  readonly tokens: number[];
  readonly reusedTokens: number;
  readonly submittedMs: number;
  readonly balance = new Balance();
  readonly drafterCounts = new Map<number, { drafted: number; sent: number; accepted: number }>();
  firstSentMs: number | null = null;
  firstTokenMs: number | null = null;
  lastTokenMs: number;
  /** Round trips that followed one another, up to the last verdict. */
  laps = 0;
  frames = 0;
  rows = 0;
  drafted = 0;
  accepted = 0;
  cancelled = 0;
  over = false;
  #sent: number;

  /** Takes over what the arena knows of the prompt; of the prompt's last token a verdict is needed, so its row is always new. */
  constructor(
    request: GenerateRequest,
    conversation: Conversation,
    { decoding, capacity, submittedMs }: { decoding: Decoding; capacity: number; submittedMs: number },
  ) {
    const { arena } = conversation;
    this.longest = longestOf(request, capacity);
    const known = arena.find(request.ids, request.ids.length - 1);
    this.request = request;
    this.conversation = conversation;
    this.decoding = decoding;
    this.submittedMs = submittedMs;
    this.lastTokenMs = submittedMs;
    this.tokens = [...request.ids];
    this.path = known;
    for (const row of known) row.hold();
    for (let i = known.length; i < request.ids.length; i++) {
      const owner = i === request.ids.length - 1 ? this : null;
      const row = new Row(request.ids[i] ?? NaN, known.at(-1) ?? arena.root, { certain: true, owner });
      row.hold();
      known.push(row);
    }
    const unsent = known.findIndex(({ slot }) => slot === null);
    this.#sent = unsent;
    this.reusedTokens = unsent;
  }

  get tip(): Row {
    const tip = this.path.at(-1);
    if (tip === undefined) throw new RangeError("a line has at least one row");
    return tip;
  }

  /** Tokens of the answer so far. */
  get answered(): number {
    return this.path.length - this.request.ids.length;
  }

  get decodes(): boolean {
    return this.firstTokenMs !== null;
  }

  /** Certain rows not sent yet, in order. Lines that share a beginning send it for each other. */
  unsent(): readonly Row[] {
    while (this.#sent < this.path.length && this.path[this.#sent]?.slot !== null) this.#sent++;
    return this.path.slice(this.#sent);
  }

  /** The text goes on with `token`: one draft holds, or none; all others are refuted. */
  follow(token: number): Row {
    const { tip } = this;
    const drafts = tip.drafts;
    let next = drafts.find((draft) => draft.token === token);
    for (const draft of drafts) if (draft !== next) draft.refute();
    if (next === undefined) {
      next = new Row(token, tip, { certain: true, owner: this });
      next.hold();
    } else {
      if (next.slot !== null) {
        this.accepted++;
        this.balance.gain();
      }
      next.certain = true;
    }
    this.path.push(next);
    this.tokens.push(token);
    return next;
  }

  /** Lets go of everything. */
  end(): void {
    this.over = true;
    for (const draft of this.tip.drafts) draft.refute();
    for (const row of this.path) row.release();
  }

  /** The id at the line's next place, where ids are forced. */
  get forced(): number | null {
    return this.request.force?.[this.answered] ?? null;
  }

  count(drafter: number): { drafted: number; sent: number; accepted: number } {
    const counts = this.drafterCounts.get(drafter) ?? { drafted: 0, sent: 0, accepted: 0 };
    this.drafterCounts.set(drafter, counts);
    return counts;
  }

  timings(drafters: readonly string[]): Timings {
    const { firstTokenMs: first } = this;
    return {
      promptTokens: this.request.ids.length,
      reusedTokens: this.reusedTokens,
      prefillMs: first === null ? 0 : first - (this.firstSentMs ?? first),
      timeToFirstTokenMs: first === null ? 0 : first - this.submittedMs,
      decodeMs: first === null ? 0 : this.lastTokenMs - first,
      laps: this.laps,
      counts: {
        frames: this.frames,
        rows: this.rows,
        drafted: this.drafted,
        accepted: this.accepted,
        cancelled: this.cancelled,
        drafters: [...this.drafterCounts].map(([drafter, counts]): DrafterCount => ({
          name: drafters[drafter] ?? "",
          ...counts,
        })),
      },
    };
  }
}

/** Tokens that prompt and answer may have at most, in an arena of so many slots. */
export function longestOf({ ids, maxTokens, force }: GenerateRequest, capacity: number): number {
  return Math.min(ids.length + Math.min(maxTokens, force?.length ?? Infinity), capacity);
}

/** Of a request that never ran. */
export function noTimings(promptTokens: number): Timings {
  return { promptTokens, reusedTokens: 0, prefillMs: 0, timeToFirstTokenMs: 0, decodeMs: 0, laps: 0 };
}
