/**
 * Which rows the next frame of an arena carries: over all its lines those that could go, likeliest first, as many as pay.
 *
 * A row pays by the tokens it is expected to bring; a frame costs what a lap of so many rows takes. So rows are taken while they raise the
 * tokens brought per cost. A certain row brings one token for sure. A frame of drafts alone takes no lap of its own when they hold, but where they do not it
 * keeps the first stage busy, so that the next certain row waits for half a stage's time on average: it pays from a
 * probability on that depends on how small a part of a lap that is.
 */
import type { Line } from "./line.ts";
import type { Row } from "./row.ts";

export interface ProbableRow {
  readonly row: Row;
  /** That the row is kept: 1 for a certain one, below it the product of its drafts' probabilities. */
  readonly probability: number;
}

export interface FrameRule {
  /** Lines whose drafts may go, too, and from which probability on. */
  readonly mayDraft: (line: Line) => boolean;
  readonly draftFrom: (line: Line) => number;
  /** That a draft holds if its parent does. */
  readonly probabilityOf: (draft: Row) => number;
  /** What a frame of so many rows takes; only the proportions matter. */
  readonly costOf: (rows: number) => number;
  /** Probability from which a frame of drafts alone pays that begins with this one. */
  readonly framesFrom: (draft: Row) => number;
  /** Slots that the arena has left. */
  readonly room: number;
}

/** Parents come before their children. Empty: nothing is to be sent. */
export function chooseRows(lines: readonly Line[], rule: FrameRule): readonly Row[] {
  const open = lines.flatMap((line) => seedsOf(line, rule));
  const certain = open.filter(({ row }) => row.certain).length;
  const perLine = Math.max(1, ...lines.map(({ decoding }) => decoding.rows));
  const limit = Math.min(rule.room, Math.max(perLine, certain + perLine - 1));
  const chosen: Row[] = [];
  let gain = 0;
  let best = { rows: 0, rate: 0 };
  while (chosen.length < limit) {
    const next = takeLikeliest(open);
    if (next === undefined) break;
    const { row, probability } = next;
    if (chosen.length === 0 && !row.certain && probability < rule.framesFrom(row)) continue;
    chosen.push(row);
    gain += probability;
    const rate = gain / rule.costOf(chosen.length);
    if (row.certain || rate > best.rate) best = { rows: chosen.length, rate };
    if (row.owner !== null && rule.mayDraft(row.owner)) open.push(...unsentDrafts(row, probability, rule));
  }
  return chosen.slice(0, best.rows);
}

/** Probability from which a frame of drafts alone pays in a ring of so many stages. */
export function draftsPayFrom(stages: number): number {
  return 1 / (2 * stages - 1);
}

/** Rows of a line whose parents were sent: its tip, or drafts. */
function seedsOf(line: Line, rule: FrameRule): ProbableRow[] {
  const { tip } = line;
  if (tip.slot === null) return [{ row: tip, probability: 1 }];
  if (!rule.mayDraft(line)) return [];
  const seeds: ProbableRow[] = [];
  const sent: ProbableRow[] = [{ row: tip, probability: 1 }];
  for (const { row, probability } of sent) {
    seeds.push(...unsentDrafts(row, probability, rule));
    for (const draft of row.drafts)
      if (draft.slot !== null) sent.push({ row: draft, probability: probability * rule.probabilityOf(draft) });
  }
  return seeds;
}

function unsentDrafts(row: Row, probability: number, { probabilityOf, draftFrom }: FrameRule): ProbableRow[] {
  return row.drafts
    .filter(({ slot }) => slot === null)
    .map((draft) => ({ row: draft, probability: probability * probabilityOf(draft) }))
    .filter((draft) => row.owner !== null && draft.probability >= draftFrom(row.owner));
}

export function takeLikeliest(open: ProbableRow[]): ProbableRow | undefined {
  let best = 0;
  open.forEach(({ probability }, i) => {
    if (probability > (open[best]?.probability ?? 0)) best = i;
  });
  return open.splice(best, 1)[0];
}
