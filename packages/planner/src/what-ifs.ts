/** What one device more or less would change, by planning again. */
import type { Seat } from "@jupiter/protocol";
import { plan, type Plan } from "./plan.ts";
import type { NotEnough } from "./not-enough.ts";
import type { Placement, PlanRequest } from "./request.ts";

export interface WhatIf {
  readonly kind: "without" | "one-more-like";
  readonly seat: Seat;
  readonly result: Plan | NotEnough;
}

/** One at a time, as each is a search of its own: without each donor, and with one more like each. */
export function* whatIfs(request: PlanRequest): Generator<WhatIf> {
  const { placement, devices } = request;
  const donors = devices.filter(({ seat }) => seat !== "host");
  // Counts that somebody chose fit one ring only.
  const { layers: _, ...free } = placement;
  for (const { seat } of donors) {
    const isOnly = donors.length === 1;
    // A host that has layers was measured, and can have them all.
    if (isOnly && free.hostLayers.every((form) => form === "none")) continue;
    const placement: Placement = isOnly ? { ...free, hostLayers: ["all"] } : free;
    const without = { ...request, placement, devices: devices.filter((device) => device.seat !== seat) };
    yield { kind: "without", seat, result: plan(without) };
  }
  for (const donor of donors) {
    const twin = `${donor.seat}_twin` as Seat;
    const real = (seat: Seat) => (seat === twin ? donor.seat : seat);
    const more: PlanRequest = {
      ...request,
      placement: free,
      devices: [...devices, { ...donor, seat: twin, name: `another ${donor.name}` }],
      // Between twins: as between one of them and the host.
      link: (from, to) =>
        real(from) === real(to) ? request.link("host", donor.seat) : request.link(real(from), real(to)),
    };
    yield { kind: "one-more-like", seat: donor.seat, result: plan(more) };
  }
}
