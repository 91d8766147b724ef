/** Laps as a ring of known costs would take them. */
import { PeerId } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { layerMs, type LayerCost } from "./costs.ts";
import { placeMs } from "./pipe.ts";
import { plan, type Plan } from "./plan.ts";
import { asItStands } from "./replan.ts";
import { CHAT, type DeviceProfile, type PlanRequest } from "./request.ts";
import { asServed, ServedTimes, type ServedLap } from "./served.ts";

const donor = PeerId.parse("anna____");
const L = 30;
const HEAD_MS = 4;
const layer: LayerCost = [
  { fromRows: 1, floorMs: 0.1, rowMs: 0.4, pairMs: 2e-4 },
  { fromRows: 9, floorMs: 0.8, rowMs: 0.15, pairMs: 2e-4 },
];

const deviceOf = (seat: DeviceProfile["seat"], costs: LayerCost, frameMs = 0): DeviceProfile => ({
  ...{ seat, name: seat, memoryBytes: Infinity, fixedBytes: 0, headBytes: 0 },
  costs: { layer: costs, frameMs, head: { floorMs: HEAD_MS, rowMs: 0 } },
  layerBytes: Array<number>(L).fill(1),
});

function requestOf(devices: readonly DeviceProfile[], more: Partial<PlanRequest["placement"]>): PlanRequest {
  return {
    devices,
    link: () => ({ rttMs: 6, bytesPerMs: 500 }),
    model: { L, kvBytes: 0, rowBytes: 1152, mostRows: 256 },
    placement: { hostLayers: ["first"], head: ["host"], donors: "all", ...more },
    workload: CHAT,
    objective: "workload",
  };
}

const NOTHING_KNOWN: LayerCost = [{ fromRows: 1, floorMs: 0, rowMs: 1, pairMs: 0 }];

/** The real ring, and what is planned where nothing is known of its devices. */
function rings(devices: readonly DeviceProfile[], placement: Partial<PlanRequest["placement"]>) {
  const real = planned(requestOf(devices, placement));
  const blind = devices.map((device) => ({ ...device, costs: { layer: NOTHING_KNOWN, frameMs: 0, head: null } }));
  const request = { ...requestOf(blind, placement), link: () => ({ rttMs: 4, bytesPerMs: 5000 }) };
  return { real, placed: { request, plan: planned(request) } };
}

function planned(request: PlanRequest): Plan {
  const result = plan(request);
  if (result.kind === "not-enough") throw new Error(result.message);
  return result;
}

/** Of one frame in an idle ring; every seventh is held up, as by other tabs. */
function lapOf({ pipe }: Plan, rows: number, cached: number, wanted: boolean, nth: number): ServedLap {
  const held = nth % 7 === 3 ? 3 : 1;
  const stageTimes = pipe.places.map((place, stage) => ({
    ...{ stage, queueUs: 300 },
    computeUs: Math.round(1000 * held * placeMs(place, rows, cached)),
  }));
  const stagesMs = stageTimes.reduce((sum, { queueUs, computeUs }) => sum + (queueUs + computeUs) / 1000, 0);
  const links = [...pipe.places.map(({ link }) => link), pipe.back];
  const linksMs = links.reduce((sum, link) => {
    return link === null ? sum : sum + link.rttMs / 2 + (rows * pipe.rowBytes) / link.bytesPerMs;
  }, 0);
  return { rows, cached, dead: false, wanted, lapMs: stagesMs + linksMs, headMs: wanted ? HEAD_MS : 0, stageTimes };
}

function answers(ring: Plan, times: ServedTimes): void {
  let nth = 0;
  for (let answer = 0; answer < 3; answer++) {
    for (const [rows, cached] of [
      [64, 0],
      [64, 64],
      [64, 128],
      [64, 192],
    ] as const)
      times.observe(lapOf(ring, rows, cached, cached === 192, nth++));
    for (let token = 0; token < 120; token++) times.observe(lapOf(ring, 1, 256 + token, true, nth++));
  }
}

it.each([
  ["the host alone", [deviceOf("host", layer, 0.7)], { hostLayers: ["all"] as const }],
  [
    "counted layers on two devices",
    [
      deviceOf("host", layer),
      deviceOf(
        donor,
        layer.map((piece) => ({ ...piece, rowMs: 3 * piece.rowMs })),
      ),
    ],
    { layers: [20, 10] },
  ],
])("a few answers tell what a ring takes that was not measured: %s", (_, devices, placement) => {
  const { real, placed } = rings(devices, placement);
  const times = new ServedTimes(placed.plan);
  answers(real, times);
  const found = asServed(placed, times.found!);
  expect(found.stages.map(({ layers }) => layers)).toEqual(real.stages.map(({ layers }) => layers));
  const ratio = (of: (plan: Plan) => number) => of(found) / of(real);
  expect(ratio(({ predicted }) => predicted.lapMs)).toBeCloseTo(1, 1);
  expect(Math.abs(ratio(({ predicted }) => predicted.lapMs) - 1)).toBeLessThan(0.03);
  expect(Math.abs(ratio(({ predicted }) => predicted.firstTokenMs) - 1)).toBeLessThan(0.1);
});

it("too few laps say nothing, nor do dead ones, nor those of a stage that is not there", () => {
  const { real, placed } = rings([deviceOf("host", layer)], { hostLayers: ["all"] });
  const times = new ServedTimes(placed.plan);
  for (let token = 0; token < 15; token++) times.observe(lapOf(real, 1, token, true, 0));
  for (let token = 0; token < 90; token++) times.observe({ ...lapOf(real, 1, token, true, 0), dead: true });
  expect(times.found).toBeNull();
  times.observe({ ...lapOf(real, 1, 15, true, 0), stageTimes: [{ stage: 9, queueUs: 0, computeUs: 9 }] });
  expect(times.found?.layers.map(({ seat }) => seat)).toEqual(["host"]);
});

it("what a device takes now is what counts", () => {
  const { real, placed } = rings([deviceOf("host", layer)], { hostLayers: ["all"] });
  const hot = asItStands(real, requestOf([deviceOf("host", twice(layer))], { hostLayers: ["all"] }));
  const times = new ServedTimes(placed.plan);
  for (let token = 0; token < 60; token++) times.observe(lapOf(real, 1, token, true, 0));
  for (let token = 60; token < 90; token++) times.observe(lapOf(hot, 1, token, true, 0));
  const points = times.found!.layers.flatMap(({ times }) => times);
  for (const { T, S, ms } of points) expect(ms / layerMs(layer, T, S)).toBeCloseTo(2, 1);
});

function twice(cost: LayerCost): LayerCost {
  return cost.map(({ fromRows, floorMs, rowMs, pairMs }) => ({
    fromRows,
    ...{ floorMs: 2 * floorMs, rowMs: 2 * rowMs, pairMs: 2 * pairMs },
  }));
}
