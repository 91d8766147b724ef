/** For tests: every subset, order, cut and placement, by the exact recurrence. */
import { problemOf } from "../problem.ts";
import type { PlanRequest } from "../request.ts";
import { ringOrder } from "../ring.ts";
import { isHeadOnLast, scoreOf, type Candidate } from "../score.ts";

export interface Optimum {
  readonly ms: number;
  readonly candidate: Candidate | null;
  readonly candidates: number;
}

export function bruteForce(request: PlanRequest): Optimum {
  const problem = problemOf(request);
  const { placement, model } = request;
  const donors = problem.devices.map((_, index) => index).slice(1);
  let best: Optimum = { ms: Infinity, candidate: null, candidates: 0 };
  let candidates = 0;
  for (const hostLayers of placement.hostLayers) {
    const sets = hostLayers === "all" ? [[]] : arrangements(donors);
    for (const set of sets) {
      const isWhole = placement.donors === "best" || set.length === donors.length;
      if (hostLayers !== "all" && (set.length === 0 || !isWhole)) continue;
      const order = ringOrder(0, set, hostLayers);
      for (const head of placement.head) {
        const headOnLast = isHeadOnLast(order, head);
        for (const counts of compositions(model.L, order.length)) {
          const candidate = { order, counts, headOnLast };
          const ms = scoreOf(problem, candidate);
          candidates++;
          if (ms < best.ms) best = { ms, candidate, candidates };
        }
      }
    }
  }
  return { ...best, candidates };
}

/** Every ordered subset, the empty one too. */
function* arrangements(of: readonly number[]): Generator<readonly number[]> {
  yield [];
  for (const first of of) {
    for (const rest of arrangements(of.filter((other) => other !== first))) yield [first, ...rest];
  }
}

/** Every way to write `sum` as so many numbers of at least 1, in order. */
function* compositions(sum: number, parts: number): Generator<readonly number[]> {
  if (parts === 1) {
    if (sum >= 1) yield [sum];
    return;
  }
  for (let first = 1; first <= sum - parts + 1; first++) {
    for (const rest of compositions(sum - first, parts - 1)) yield [first, ...rest];
  }
}
