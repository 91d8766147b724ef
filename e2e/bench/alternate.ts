/** Contenders take turns, so that what a machine does beside (heat, neighbours) meets all of them alike. */
export type Measured = Readonly<Record<string, number>>;

export interface Contender {
  readonly name: string;
  measure(): Promise<Measured>;
}

export interface Turns {
  /** By contender and what was measured, a value a round. */
  readonly of: (name: string, what: string) => readonly number[];
  /** Of what the first contender says: the largest difference within a round between its turn and another turn of the same, as a share. Null: nothing was measured twice. */
  readonly floor: number | null;
}

export interface TurnOptions {
  readonly rounds: number;
  /** Called after every round; the first one warms up and counts nothing. */
  readonly done: (round: number) => void;
}

/** Rounds that a suite tells of as they end. */
export function toldRounds(rounds: number, say: (text: string, share: number) => void): TurnOptions {
  return {
    rounds,
    done: (round) => say(round === 0 ? "warm" : `round ${round} of ${rounds}`, (round + 1) / (rounds + 1)),
  };
}

/**
 * Every second round goes the other way round. The first contender has two turns in each, first and last: how far the same thing is from itself is the
 * noise that no difference can be smaller than.
 */
export async function alternate(contenders: readonly Contender[], { rounds, done }: TurnOptions): Promise<Turns> {
  const values = new Map<string, number[]>();
  let floor: number | null = null;
  const note = (name: string, measured: Measured) => {
    for (const [what, value] of Object.entries(measured)) {
      const key = keyOf(name, what);
      values.set(key, [...(values.get(key) ?? []), value]);
    }
  };
  for (let round = 0; round <= rounds; round++) {
    const [reference] = contenders;
    const another = async () => (await reference?.measure()) ?? {};
    const isBack = round % 2 === 1;
    const first = isBack ? await another() : null;
    const turns = new Map<string, Measured>();
    for (const contender of isBack ? contenders.toReversed() : contenders)
      turns.set(contender.name, await contender.measure());
    const again = first ?? (await another());
    if (round > 0) {
      for (const [name, measured] of turns) note(name, measured);
      floor = Math.max(floor ?? 0, apart(turns.get(reference?.name ?? "") ?? {}, again));
    }
    done(round);
  }
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
