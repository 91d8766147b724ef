/** The router against labels: which questions it sends to an outline, rightly or not. Pure. */

/** Of a question that is, or is not, to be answered by a list of independent points. */
export interface Routed {
  readonly isList: boolean;
  readonly saidList: boolean;
}

export interface RouterCounts {
  readonly rightly: number;
  readonly wrongly: number;
  readonly missed: number;
  readonly spared: number;
  /** Of those it said are lists, the ones that are; 0 where it said it of none. */
  readonly precision: number;
  /** Of the lists, those it said are. */
  readonly recall: number;
}

export function routerCounts(routed: readonly Routed[]): RouterCounts {
  const count = (isList: boolean, saidList: boolean) =>
    routed.filter((one) => one.isList === isList && one.saidList === saidList).length;
  const rightly = count(true, true);
  const wrongly = count(false, true);
  const missed = count(true, false);
  return {
    rightly,
    wrongly,
    missed,
    spared: count(false, false),
    precision: rightly / Math.max(1, rightly + wrongly),
    recall: rightly / Math.max(1, rightly + missed),
  };
}
