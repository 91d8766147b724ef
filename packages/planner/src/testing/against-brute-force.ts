/** For tests: the planner's cost over the optimum's, instance by instance. */
import fc from "fast-check";
import { expect } from "vitest";
import { plan } from "../plan.ts";
import { bruteForce } from "./brute-force.ts";
import { requests, type Sizes } from "./instances.ts";

/** At most 2 % above the optimum in every instance, and the optimum in 95 of 100. */
export function expectNearOptimum(sizes: Sizes, numRuns: number, seed: number): void {
  let [feasible, optimal] = [0, 0];
  fc.assert(
    fc.property(requests({ ...sizes, headsMove: true }), (request) => {
      const best = bruteForce(request).ms;
      const found = plan(request);
      expect(found.kind).toBe(best === Infinity ? "not-enough" : "plan");
      if (found.kind === "not-enough") return;
      feasible++;
      expect(found.objectiveMs).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      expect(found.objectiveMs).toBeLessThanOrEqual(best * 1.02);
      if (found.objectiveMs <= best * (1 + 1e-9)) optimal++;
      const held = new Map<string, number>();
      for (const { seat, memoryBytes } of found.stages) held.set(seat, (held.get(seat) ?? 0) + memoryBytes);
      for (const { seat, memoryBytes } of request.devices) expect(held.get(seat) ?? 0).toBeLessThanOrEqual(memoryBytes);
    }),
    { numRuns, seed, endOnFailure: true },
  );
  expect(optimal / feasible).toBeGreaterThanOrEqual(0.95);
  expect(feasible).toBeGreaterThan(numRuns / 2);
}
