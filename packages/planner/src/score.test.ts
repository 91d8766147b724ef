import { expect, test } from "vitest";
import { returnMs, slicesMs } from "./pipe.ts";
import { plan } from "./plan.ts";
import { problemOf } from "./problem.ts";
import { sampledRequests } from "./testing/instances.ts";

/** The search's own recurrence reads tables; prompts are cut by the one of `pipe.ts`. Both must tell the same time. */
test("what plans are compared by is what the plan's pipe takes for the best of the same slicings", () => {
  const plans = sampledRequests({ donors: [1, 3], layers: [3, 8], headsMove: true }, 200, 7).flatMap((request) => {
    const firstToken = { ...request, objective: "first-token" } as const;
    const made = plan(firstToken);
    return made.kind === "plan" ? [{ ...made, slicings: problemOf(firstToken).work.slicings }] : [];
  });

  expect(new Set(plans.map(({ pipe }) => pipe.closes))).toEqual(new Set([true, false]));
  for (const { pipe, slicings, objectiveMs } of plans) {
    const leastMs = Math.min(...slicings.map(({ rows }) => slicesMs(pipe, [...rows])));
    expect(objectiveMs).toBeCloseTo(leastMs + returnMs(pipe, 1), 6);
  }
});
