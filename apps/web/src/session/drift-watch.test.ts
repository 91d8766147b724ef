import { layerMs, plan, type DeviceProfile, type Plan } from "@jupiter/planner";
import { CHAT } from "@jupiter/planner";
import { PeerId, type Seat } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { DriftWatch } from "./drift-watch.ts";

const [anna, ben] = [PeerId.parse("anna0000"), PeerId.parse("ben00000")];
const costs = { layer: [{ fromRows: 1, floorMs: 0.2, rowMs: 0.5, pairMs: 0 }], frameMs: 0.1, head: null };
const device = (seat: Seat): DeviceProfile => ({
  ...{ seat, name: seat, memoryBytes: Infinity, fixedBytes: 0, layerBytes: Array<number>(6).fill(1), headBytes: 0 },
  costs: { ...costs, head: seat === "host" ? { floorMs: 0, rowMs: 1 } : null },
});

function planned(): Plan {
  const result = plan({
    devices: [device("host"), device(anna), device(ben)],
    link: () => ({ rttMs: 2, bytesPerMs: 5000 }),
    model: { L: 6, kvBytes: 0, rowBytes: 1000, mostRows: 256 },
    placement: { hostLayers: ["none"], head: ["host"], donors: "all" },
    workload: CHAT,
    objective: "workload",
  });
  if (result.kind !== "plan") throw new Error(result.message);
  return result;
}

it("tells of each device of the ring, on top of what the plan knew already; to planning anew, over what the plan knew", () => {
  const told = new Map<Seat, number>();
  const watch = new DriftWatch({ tell: (seat, factor) => void told.set(seat, factor) });
  const ring = planned();
  watch.begin(ring, (seat) => told.get(seat) ?? (seat === ben ? 2 : 1));
  const lap = (slower: number) => ({
    ...{ rows: 1, cached: 10, dead: false },
    stageTimes: ring.stages.map(({ layers }, stage) => ({
      stage,
      computeUs: 1000 * slower * (costs.frameMs + (layers.end - layers.first) * layerMs(costs.layer, 1, 10)),
    })),
  });
  for (let i = 0; i < 15; i++) watch.observe(lap(1.5));
  expect(told.size).toBe(0);
  expect(watch.factors.size).toBe(0);
  for (let i = 0; i < 65; i++) watch.observe(lap(1.5));
  expect(told.get(anna)).toBeCloseTo(1.5);
  expect(told.get(ben)).toBeCloseTo(3);
  expect(watch.factors.get(anna)).toBeCloseTo(1.5);
  expect(watch.factors.get(ben)).toBeCloseTo(1.5);
  told.clear();
  watch.end();
  expect(watch.factors.size).toBe(0);
  for (let i = 0; i < 40; i++) watch.observe(lap(9));
  watch.begin(null, () => 1);
  for (let i = 0; i < 40; i++) watch.observe(lap(9));
  expect(told.size).toBe(0);
});
