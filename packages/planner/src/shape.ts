/** What the search ranks before it cuts: a set of donors in one form of ring, with the least that it can take. */
import type { Problem } from "./problem.ts";
import { relaxed } from "./relax.ts";
import type { HeadSeat, HostLayers } from "./request.ts";
import { ringOrder } from "./ring.ts";
import { isHeadOnLast } from "./score.ts";
import { waysOf, type Tour } from "./tours.ts";

/** Donors in one form of ring, before the cut. */
export interface Shape {
  readonly donors: readonly number[];
  readonly hostLayers: HostLayers;
  readonly head: HeadSeat;
  readonly tours: readonly Tour[];
  /** Relaxed, hops included. */
  readonly ms: number;
  readonly slicing: number;
}

/** The same for the same devices, in whatever order. */
export function setKey(devices: readonly number[]): string {
  return [...devices].sort((a, b) => a - b).join();
}

/** The head on a last place that is the host's is the host's. */
export function hasHeadOnLast(hostLayers: HostLayers, head: HeadSeat): boolean {
  return head === "last" && (hostLayers === "none" || hostLayers === "first");
}

/** The host with every layer. */
export function alone(problem: Problem): Shape {
  const tours = [{ order: [], ms: 0 }];
  return {
    donors: [],
    hostLayers: "all",
    head: "host",
    tours,
    ...relaxed(problem, [0], false, waysOf(problem, tours, false)),
  };
}

export function shapeOf(
  problem: Problem,
  donors: readonly number[],
  tours: readonly Tour[],
  hostLayers: HostLayers,
  head: HeadSeat,
): Shape {
  const places = ringOrder(0, donors, hostLayers);
  const headOnLast = isHeadOnLast(places, head);
  // The head on a last place that is the host's is the host's head: listed once, as that.
  const isTwice = head === "last" && !headOnLast && problem.request.placement.head.includes("host");
  const { ms, slicing } = isTwice
    ? { ms: Infinity, slicing: 0 }
    : relaxed(problem, places, headOnLast, waysOf(problem, tours, headOnLast));
  return { donors, hostLayers, head, tours, ms, slicing };
}
