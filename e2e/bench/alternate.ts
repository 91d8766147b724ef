/** Contenders take turns, so that what a machine does beside (heat, neighbours) meets all of them alike. */
import { spread } from "./stats.ts";

export type Measured = Readonly<Record<string, number>>;

export interface Contender {
  readonly name: string;
  measure(): Promise<Measured>;
}

export interface Turns {
  /** By contender and what was measured, a value a round. */
  readonly of: (name: string, what: string) => readonly number[];
  /**
   * Of what the first contender says, how far its two turns in a round are apart, as a share: of what differs most, and the median of the rounds. Null: nothing was
   * measured twice.
   */
  readonly floor: number | null;
}

export interface Turn {
  /** Round 0 warms up and counts nothing. */
  readonly round: number;
  /** The contender's. */
  readonly name: string;
  /** Of all turns, how many have ended, 0 to 1. */
  readonly share: number;
}

export interface TurnOptions {
  readonly rounds: number;
  readonly ended: (turn: Turn) => void;
}

/** Turns that a suite tells of as they end. */
export function toldTurns(rounds: number, say: (text: string, share: number) => void): TurnOptions {
  return {
    rounds,
    ended: ({ round, name, share }) =>
      say(`${round === 0 ? "warming up" : `round ${round} of ${rounds}`}, ${name}`, share),
  };
}

/**
 * Every second round goes the other way round. The first contender has two turns in each, first and last: how far the same thing is from itself is the
 * noise that no difference can be smaller than.
 */
export async function alternate(contenders: readonly Contender[], { rounds, ended }: TurnOptions): Promise<Turns> {
  const values = new Map<string, number[]>();
  const floors: number[] = [];
  const note = (name: string, measured: Measured) => {
    for (const [what, value] of Object.entries(measured)) {
      const key = keyOf(name, what);
      values.set(key, [...(values.get(key) ?? []), value]);
    }
  };
  const [reference] = contenders;
  if (reference === undefined) throw new RangeError("nobody to take turns");
  let over = 0;
  for (let round = 0; round <= rounds; round++) {
    const turn = async (contender: Contender) => {
      const measured = await contender.measure();
      over++;
      ended({ round, name: contender.name, share: over / ((rounds + 1) * (contenders.length + 1)) });
      return measured;
    };
    const isBack = round % 2 === 1;
    const first = isBack ? await turn(reference) : null;
    const turns = new Map<string, Measured>();
    for (const contender of isBack ? contenders.toReversed() : contenders)
      turns.set(contender.name, await turn(contender));
    const again = first ?? (await turn(reference));
    if (round > 0) {
      for (const [name, measured] of turns) note(name, measured);
      floors.push(apart(turns.get(reference.name) ?? {}, again));
    }
  }
  const floor = floors.length === 0 ? null : spread(floors).median;
  return { of: (name, what) => values.get(keyOf(name, what)) ?? [], floor };
}

function keyOf(name: string, what: string): string {
  return JSON.stringify([name, what]);
}

/** The largest difference of what both have, as a share of the smaller value. */
function apart(a: Measured, b: Measured): number {
  return Math.max(
    0,
    ...Object.keys(a)
      .filter((what) => what in b)
      .map((what) => Math.max(a[what]!, b[what]!) / Math.min(a[what]!, b[what]!) - 1),
  );
}
