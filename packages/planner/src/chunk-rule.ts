/** The rows of the next chunk, for any prompt and whatever of it is cached: a table of slicings, made once for a plan, and fitted to the length that comes. */
import { sendMs } from "./costs.ts";
import { emptyPipe, inFlight, lapMs, placeMs, type Pipe, type Slices } from "./pipe.ts";
import { bestOf, bestSlices, equalSlicings, moved } from "./slices.ts";

export interface ChunkRule {
  /** Whole slicing of a prompt of `tokens` rows with `S` cached before them. */
  slices(tokens: number, S: number): Slices;
  /**
   * Rows of the next chunk, as the coordinator asks for them: what it was told before is gone through to the end, so the chunks of one prompt are those of one
   * slicing.
   */
  rows(remaining: number, cached: number): number;
  /** Chunks of one prompt that may be on their way at once. */
  readonly maxInFlight: number;
}

/** A stage refuses to have four times as many waiting. */
const MOST_IN_FLIGHT = 64;

/** Chunkings that are remembered until they were gone through; prompts that were given up leave theirs behind. */
const MOST_UNDER_WAY = 64;

export function chunkRule(pipe: Pipe, capacity: number): ChunkRule {
  const table = lengths(capacity).map((tokens) => ({ tokens, slices: bestSlices(pipe, tokens) }));
  // A longer prompt's cuts serve a shorter one too: so no prompt takes longer than a longer one does.
  for (let i = table.length - 2; i >= 0; i--) {
    const { tokens, slices } = table[i]!;
    table[i] = { tokens, slices: bestOf(pipe, tokens, 0, [slices, cutOff(table[i + 1]!.slices, tokens)]) };
  }
  const slices = (tokens: number, S: number): Slices => {
    const above = table.findIndex((entry) => entry.tokens >= tokens);
    const exact = above >= 0 && S === 0 ? table[above] : undefined;
    if (exact?.tokens === tokens) return exact.slices;
    const near = [table[above - 1], table[above], table.at(-1)].flatMap((entry) =>
      entry === undefined ? [] : [scaled(entry.slices, entry.tokens, tokens), cutOff(entry.slices, tokens)],
    );
    return moved(pipe, S, bestOf(pipe, tokens, S, [...near, ...equalSlicings(tokens, pipe.mostRows)]));
  };
  /** By total and cached tokens: the chunk that comes next. */
  const underWay = new Map<string, number>();
  return {
    slices,
    rows(remaining, cached) {
      const key = `${remaining + cached} ${cached}`;
      const known = underWay.get(key);
      if (known !== undefined) return known;
      const all = slices(remaining, cached);
      let at = cached;
      for (const rows of all) {
        underWay.set(`${remaining + cached} ${at}`, rows);
        at += rows;
      }
      for (const old of underWay.keys()) {
        if (underWay.size <= MOST_UNDER_WAY * all.length) break;
        underWay.delete(old);
      }
      return all[0] ?? remaining;
    },
    maxInFlight: pipe.closes
      ? inFlight(pipe.places.length)
      : Math.min(MOST_IN_FLIGHT, Math.max(...table.map((entry) => busyInFlight(pipe, entry.slices)))),
  };
}

/**
 * So many chunks on their way keep the busiest machine busy: by Little's law those that fit into one's time round the ring, and two for the unevenness of chunks. More would only
 * wait in queues, and with them rows of other answers behind them.
 */
function busyInFlight(pipe: Pipe, slices: Slices): number {
  const rows = [...slices].sort((a, b) => a - b)[slices.length >> 1] ?? 1;
  const times = pipe.places.map((place) => placeMs(place, rows, 0));
  const sends = pipe.places.map(({ link }) => (link === null ? 0 : sendMs(link, rows * pipe.rowBytes)));
  const roundMs = lapMs({ ...pipe, head: emptyPipe.head }, rows, 0);
  return Math.ceil(roundMs / Math.max(...times, ...sends)) + 2;
}

/** A quarter more each time, on the grid. */
function lengths(capacity: number): readonly number[] {
  const found: number[] = [];
  for (let tokens = 16; tokens < capacity; tokens = 16 * Math.ceil((tokens * 1.25 + 1) / 16)) found.push(tokens);
  return [...found, capacity];
}

/** The same shape for another length; chunks that would be empty are left out. */
function scaled(slices: Slices, from: number, to: number): Slices {
  let [at, rows] = [0, 0];
  return slices.flatMap((T) => {
    at += T;
    const chunk = Math.round((at * to) / from) - rows;
    rows += chunk;
    return chunk > 0 ? [chunk] : [];
  });
}

function cutOff(slices: Slices, tokens: number): Slices {
  let left = tokens;
  return slices.flatMap((T) => {
    const chunk = Math.min(T, left);
    left -= chunk;
    return chunk > 0 ? [chunk] : [];
  });
}
