/**
 * The best candidate: sets of donors by their relaxed time, the promising ones cut by dynamic programming, what is left judged by the exact recurrence
 * and moved downhill. Deterministic.
 */
import { cutsOf } from "./cuts.ts";
import type { Problem } from "./problem.ts";
import { improve } from "./improve.ts";
import type { HostLayers } from "./request.ts";
import { ringOrder } from "./ring.ts";
import { isHeadOnLast, scoreOf, type Candidate } from "./score.ts";
import { byUsefulness, growSets } from "./grow-sets.ts";
import { alone, hasHeadOnLast, setKey, shapeOf, type Shape } from "./shape.ts";
import { cheapestInsertion, shortTour, toursBySubset, type Tour } from "./tours.ts";

export interface Found {
  readonly candidate: Candidate;
  readonly ms: number;
}

/** Above it, sets of donors are grown instead of listed. */
const MOST_LISTED = 8;
/** Shapes whose relaxed time is above the best found by this much are not looked at: the relaxed time is a little too low, hardly ever too high. */
const MARGIN = 1.08;
/** While there is time for more. */
const WIDE_MARGIN = 1.7;
const FEW_CUT_STEPS = 200_000;
/** Work that the cuts may take, in steps of the innermost loop: some tenths of a second. */
const MOST_CUT_STEPS = 1_200_000;
const FINALISTS = 10;
const MOST_EXCHANGES = 16;
const MOST_SWAPS = 100;
/** Sets from which exchanges begin. */
const MOST_STARTS = 4;

/** `mostListed`: up to so many donors, all sets are looked at. */
export function search(problem: Problem, mostListed = MOST_LISTED): Found | null {
  const shapes = shapesOf(problem, mostListed).sort((a, b) => a.ms - b.ms);
  const finalists: Found[] = [];
  const looked: { readonly shape: Shape; readonly ms: number }[] = [];
  let bestMs = Infinity;
  let steps = 0;
  const look = (shape: Shape): number => {
    steps += stepsOf(problem, shape);
    const found = candidatesOf(problem, shape, bestMs).filter(({ ms }) => ms < Infinity);
    const ms = Math.min(...found.map(({ ms }) => ms));
    bestMs = Math.min(bestMs, ms);
    finalists.push(...found);
    looked.push({ shape, ms });
    return ms;
  };
  for (const shape of shapes) {
    const isFar = shape.ms > bestMs * (steps < FEW_CUT_STEPS ? WIDE_MARGIN : MARGIN);
    if (shape.ms === Infinity || isFar || (bestMs < Infinity && steps > MOST_CUT_STEPS)) break;
    look(shape);
  }
  if (problem.request.placement.donors === "best") {
    const seen = new Set(looked.map(({ shape }) => keyOf(shape)));
    for (let { shape, ms } of looked.sort((a, b) => a.ms - b.ms).slice(0, MOST_STARTS)) {
      for (let isBetter = true; isBetter;) {
        isBetter = false;
        for (const next of exchanges(problem, shape, bestMs)) {
          if (seen.has(keyOf(next)) || steps > 1.5 * MOST_CUT_STEPS) continue;
          seen.add(keyOf(next));
          const nextMs = look(next);
          if (nextMs < ms) [shape, ms, isBetter] = [next, nextMs, true];
        }
      }
    }
    if (problem.devices.length - 1 > mostListed) {
      looked.sort((a, b) => a.ms - b.ms);
      const few = looked.filter(({ shape }) => shape.donors.length <= MOST_LISTED).slice(0, MOST_STARTS);
      for (const { shape } of few) look(withAllTours(problem, shape));
    }
  }
  return improve(problem, distinct(finalists.sort((a, b) => a.ms - b.ms)));
}

function stepsOf({ L }: Problem, { donors }: Shape): number {
  return (donors.length + 1) * L ** 2 * 4;
}

function keyOf({ donors, hostLayers, head }: Shape): string {
  return `${setKey(donors)} ${hostLayers} ${head}`;
}

/** One device more, one less, or one for another: the most promising by relaxed time. */
function exchanges(problem: Problem, shape: Shape, bestMs: number): readonly Shape[] {
  const { hostLayers, head } = shape;
  const headOnLast = hasHeadOnLast(hostLayers, head);
  const donors = shape.tours[0]?.order ?? [];
  if (donors.length === 0) return [];
  const others = byUsefulness(problem)
    .filter((index) => !donors.includes(index))
    .slice(0, Math.ceil(MOST_SWAPS / donors.length));
  const sets = [
    ...others.map((donor) => cheapestInsertion(problem, donors, donor, headOnLast)),
    ...donors.map((out) => donors.filter((donor) => donor !== out)),
    ...donors.flatMap((out) => others.map((donor) => donors.map((one) => (one === out ? donor : one)))),
  ];
  return sets
    .filter((set) => set.length > 0)
    .map((set) => shapeOf(problem, set, [{ order: set, ms: 0 }], hostLayers, head))
    .filter(({ ms }) => ms < bestMs * WIDE_MARGIN)
    .sort((a, b) => a.ms - b.ms)
    .slice(0, MOST_EXCHANGES)
    .map(({ donors: set, tours }) =>
      shapeOf(problem, set, [shortTour(problem, set, headOnLast), ...tours], hostLayers, head),
    );
}

/** A grown set has one tour, by a rule of thumb: here are its cheapest. */
function withAllTours(problem: Problem, { donors, hostLayers, head }: Shape): Shape {
  const tours = toursBySubset(problem, donors, 6, hasHeadOnLast(hostLayers, head)).at(-1)!;
  return shapeOf(problem, donors, tours, hostLayers, head);
}

/** The few best, of each set and form of ring one. */
function distinct(finalists: readonly Found[]): readonly Found[] {
  const seen = new Set<string>();
  const few: Found[] = [];
  for (const found of finalists) {
    const { order, headOnLast } = found.candidate;
    const key = `${setKey(order)} ${order[0] === 0} ${headOnLast ? order.at(-1) : 0}`;
    if (seen.has(key)) continue;
    seen.add(key);
    few.push(found);
    if (few.length === FINALISTS) break;
  }
  return few;
}

function shapesOf(problem: Problem, mostListed: number): Shape[] {
  const { placement } = problem.request;
  const donors = problem.devices.map((_, i) => i).slice(1);
  const forms = placement.hostLayers.flatMap((hostLayers) =>
    hostLayers === "all" ? [] : placement.head.map((head) => ({ hostLayers, head })),
  );
  const shapes: Shape[] = [];
  if (placement.hostLayers.includes("all")) shapes.push(alone(problem));
  if (donors.length === 0 || forms.length === 0) return shapes;
  /** Which tours are cheap depends on where the head is. */
  const add = (set: readonly number[], toursFor: (headOnLast: boolean) => readonly Tour[]) => {
    for (const { hostLayers, head } of forms) {
      const tours = toursFor(hasHeadOnLast(hostLayers, head));
      shapes.push(shapeOf(problem, set, tours, hostLayers, head));
    }
  };
  if (donors.length <= mostListed) {
    const all = (1 << donors.length) - 1;
    const toursWith = (headOnLast: boolean) =>
      forms.some(({ hostLayers, head }) => hasHeadOnLast(hostLayers, head) === headOnLast)
        ? toursBySubset(problem, donors, donors.length <= 4 ? 24 : 6, headOnLast)
        : [];
    const [tours, scored] = [toursWith(false), toursWith(true)];
    for (let set = placement.donors === "all" ? all : 1; set <= all; set++) {
      add(
        donors.filter((_, i) => (set & (1 << i)) !== 0),
        (headOnLast) => (headOnLast ? scored : tours)[set]!,
      );
    }
  } else if (placement.donors === "all") {
    add(donors, (headOnLast) => [shortTour(problem, donors, headOnLast)]);
  } else {
    for (const { hostLayers, head } of forms) shapes.push(...growSets(problem, hostLayers, head));
  }
  return shapes;
}

/**
 * Cuts of the shape's best tour (with the head on the last place: of the best one to each last), each tried on the other tours too. Where layers of
 * different sizes must fit, the order decides what does: then cuts of every tour.
 */
function candidatesOf(problem: Problem, { tours, hostLayers, head, slicing }: Shape, bestMs: number): readonly Found[] {
  const found: Found[] = [];
  const seen = new Set<number | undefined>();
  const isTight = tours.length > 1 && isOrderTight(problem, ringOrder(0, tours[0]!.order, hostLayers));
  for (const tour of tours) {
    const order = ringOrder(0, tour.order, hostLayers);
    const headOnLast = isHeadOnLast(order, head);
    const last = headOnLast ? order.at(-1) : 0;
    if (seen.has(last) && !isTight) continue;
    seen.add(last);
    const others = tours.filter((other) => !headOnLast || other.order.at(-1) === last);
    for (const tail of tailsOf(problem.L, order.length, hostLayers)) {
      for (const counts of cutsOf(problem, { order, headOnLast, tail }, slicing, 6, bestMs * WIDE_MARGIN)) {
        const share = new Map(order.map((device, place) => [device, counts[place]!]));
        for (const other of others) {
          const places = ringOrder(0, other.order, hostLayers);
          const moved = places.map((device, place) =>
            device === 0 ? counts[place === 0 ? 0 : counts.length - 1]! : share.get(device)!,
          );
          const candidate = { order: places, counts: moved, headOnLast };
          found.push({ candidate, ms: scoreOf(problem, candidate, "likely") });
        }
      }
    }
  }
  return found;
}

/** How many layers a host at both ends has at the end: a few ways to begin with. */
function tailsOf(L: number, places: number, hostLayers: HostLayers): readonly number[] {
  if (hostLayers !== "both") return [0];
  const tails = [1, 2, 3, Math.floor(L / (2 * places)), Math.floor(L / places)];
  return [...new Set(tails)].filter((tail) => tail >= 1 && tail < L);
}

/** Layers are of different sizes, and some device cannot hold all of them. */
function isOrderTight({ devices, L }: Problem, places: readonly number[]): boolean {
  return places.some((index) => {
    const { profile, most } = devices[index]!;
    return most < L && new Set(profile.layerBytes).size > 1;
  });
}
