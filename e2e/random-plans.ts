/** Plans that the planner makes for random rooms: devices, links, memory, workloads, where the host has layers and who may have the head, drawn by a seed. */
import { plan, type Plan } from "@jupiter/planner";
import { sampledRequests } from "@jupiter/planner/testing";

export interface RandomPlans {
  /** Of the model. */
  readonly L: number;
  readonly donors: readonly [number, number];
  readonly count: number;
  readonly seed: number;
}

/** Rooms that cannot hold the model are passed over. */
export function randomPlans({ L, donors, count, seed }: RandomPlans): readonly Plan[] {
  const drawn = sampledRequests({ donors, layers: [L, L], headsMove: true }, 8 * count, seed);
  const plans: Plan[] = [];
  for (const request of drawn) {
    const made = plan(request);
    if (made.kind === "plan") plans.push(made);
    if (plans.length === count) return plans;
  }
  throw new RangeError(`Of ${drawn.length} rooms only ${plans.length} can hold the model, ${count} were asked for.`);
}

/** "donor_2 0-11, host 12-29", as a test's name. */
export function planInWords({ stages, head }: Plan): string {
  const held = stages.map(({ seat, layers: { first, end } }) => `${seat} ${first}-${end - 1}`).join(", ");
  return head === "host" ? held : `${held}, head on ${head}`;
}
