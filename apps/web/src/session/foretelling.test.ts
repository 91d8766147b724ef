import { CHAT, plan, type PlanRequest, type Served, type ServedLap } from "@jupiter/planner";
import { expect, it } from "vitest";
import { Foretelling } from "./foretelling.ts";

const L = 4;
const request: PlanRequest = {
  devices: [
    {
      ...{ seat: "host", name: "host", memoryBytes: Infinity, fixedBytes: 0, headBytes: 0 },
      costs: { layer: [{ fromRows: 1, floorMs: 0, rowMs: 1, pairMs: 0 }], frameMs: 0, head: null },
      layerBytes: Array<number>(L).fill(1),
    },
  ],
  link: () => ({ rttMs: 0, bytesPerMs: 1 }),
  model: { L, kvBytes: 0, rowBytes: 1, mostRows: 256 },
  placement: { hostLayers: ["all"], head: ["host"], donors: "all" },
  workload: CHAT,
  objective: "workload",
};
const planned = plan(request);
if (planned.kind === "not-enough") throw new Error(planned.message);
const placed = { request, plan: planned };

function alone(known: Served | null = null) {
  const kept: Served[] = [];
  const foretelling = new Foretelling((served) => kept.push(served));
  foretelling.begin({ plan: null, placed, known, chunkRows: 64 });
  const answer = (id: string, layerMs: number) => {
    foretelling.asked(id);
    for (let cached = 0; cached < 40; cached++) foretelling.observe(lap(cached, layerMs));
    foretelling.answered(id);
  };
  return { foretelling, kept, answer };
}

function lap(cached: number, layerMs: number): ServedLap {
  const stageTimes = [{ stage: 0, queueUs: 0, computeUs: 1000 * L * layerMs }];
  return { rows: 1, cached, dead: false, wanted: true, lapMs: L * layerMs + 1, headMs: 2, stageTimes };
}

it("an answer is held against what was foretold when it was asked for, not against what it taught", () => {
  const { foretelling, answer, kept } = alone();
  expect(foretelling.now.value).toBeNull();
  answer("first", 3);
  expect(foretelling.last.value).toEqual({ id: "first", forecast: null });
  const learnt = foretelling.now.value;
  expect(learnt).toMatchObject({ chunkRows: 64, isServed: true });
  answer("second", 5);
  expect(foretelling.last.value).toEqual({ id: "second", forecast: learnt });
  expect(foretelling.now.value).not.toEqual(learnt);
  expect(kept.map(({ headMs, rest }) => [headMs, rest.floorMs])).toEqual([
    [2, 1],
    [2, 1],
  ]);
});

it("what was kept from before foretells the first answer", () => {
  const { kept, answer } = alone();
  answer("first", 3);
  const { foretelling } = alone(kept[0]);
  expect(foretelling.now.value).toMatchObject({ isServed: true });
});

it("a plan by measured times stays what it is, and nothing is foretold once the ring is gone", () => {
  const kept: Served[] = [];
  const foretelling = new Foretelling((served) => kept.push(served));
  foretelling.begin({ plan: planned, placed, known: null, chunkRows: null });
  const before = foretelling.now.value;
  foretelling.asked("a");
  for (let i = 0; i < 40; i++) foretelling.observe(lap(i, 9));
  foretelling.answered("a");
  expect(foretelling.now.value).toBe(before);
  expect(before).toMatchObject({ isServed: false, pipe: planned.pipe });
  expect(kept).toEqual([]);
  foretelling.end();
  expect(foretelling.now.value).toBeNull();
});
