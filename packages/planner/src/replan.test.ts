/** Rings on a clock of their own: answers take what the planner foretells of the devices as they are, moves take what moves take. */
import { PeerId, type Seat } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { drifted, driftingStages, DriftMeter } from "./drift.ts";
import { placeMs } from "./pipe.ts";
import { plan } from "./plan.ts";
import { asItStands, Replanner, type Move, type Standing } from "./replan.ts";
import { CHAT, type DeviceProfile, type PlanRequest } from "./request.ts";

const [anna, ben, cleo] = ["anna", "ben", "cleo"].map((name) => PeerId.parse(name.padEnd(8, "_")));
const L = 30;

function device(seat: Seat, ms: number): DeviceProfile {
  return {
    seat,
    name: seat,
    costs: { layer: [{ fromRows: 1, floorMs: 0, rowMs: ms, pairMs: 0 }], frameMs: 0, head: { floorMs: 2, rowMs: 0 } },
    memoryBytes: Infinity,
    fixedBytes: 0,
    layerBytes: Array<number>(L).fill(1),
    headBytes: 0,
  };
}

function request(
  change: Partial<PlanRequest["placement"]> = {},
  donors = [device(anna!, 1), device(ben!, 1)],
): PlanRequest {
  return {
    devices: [device("host", 1), ...donors],
    link: () => ({ rttMs: 2, bytesPerMs: 10_000 }),
    model: { L, kvBytes: 0, rowBytes: 1152, mostRows: 256 },
    placement: { hostLayers: ["none"], head: ["host"], donors: "all", ...change },
    workload: CHAT,
    objective: "workload",
  };
}

interface Run {
  readonly totalMs: number;
  readonly moves: readonly (Move & { readonly afterAnswer: number })[];
}

/** `slowness(seat, answer)`: of a device while it writes an answer, over what it was measured to take. */
function serve(
  asked: PlanRequest,
  answers: number,
  slowness: (seat: Seat, answer: number) => number,
  { moveMs = 3000, mayMove = true, more = {} }: { moveMs?: number; mayMove?: boolean; more?: Partial<Standing> } = {},
): Run {
  const first = plan(asked);
  if (first.kind === "not-enough") throw new Error(first.message);
  let standing: Standing = { request: asked, plan: first, moveMs, ...more };
  let replanner = new Replanner(standing);
  let meter = new DriftMeter(driftingStages(first));
  let totalMs = 0;
  const moves: Run["moves"][number][] = [];
  for (let answer = 1; answer <= answers; answer++) {
    const real: PlanRequest = {
      ...asked,
      devices: asked.devices.map((each) => ({ ...each, costs: drifted(each.costs, slowness(each.seat, answer)) })),
    };
    const { pipe, predicted, stages } = asItStands(standing.plan, real);
    totalMs += predicted.workloadMs;
    for (let lap = 0; lap < 60; lap++) {
      // Some are held up, as by other tabs.
      const held = lap % 7 === 3 ? 2.5 : 1 + ((lap * 37) % 11) / 200;
      const stageTimes = stages.map((_, stage) => ({
        stage,
        computeUs: Math.round(1000 * held * placeMs(pipe.places[stage]!, 1, lap)),
      }));
      meter.observe({ rows: 1, cached: lap, dead: false, stageTimes });
    }
    const move = replanner.afterAnswer(meter.factors());
    if (move === null || !mayMove) continue;
    moves.push({ ...move, afterAnswer: answer });
    totalMs += moveMs + move.plan.predicted.firstTokenMs;
    standing = { request: move.request, plan: move.plan, moveMs, moves: move.moves, ...more };
    replanner = new Replanner(standing);
    meter = new DriftMeter(driftingStages(move.plan));
  }
  return { totalMs, moves };
}

const layersAt = ({ plan: { stages } }: Move, seat: Seat) =>
  stages.filter((stage) => stage.seat === seat).reduce((sum, { layers }) => sum + layers.end - layers.first, 0);

it("devices that take what they were measured to take keep their layers", () => {
  expect(serve(request(), 30, () => 1).moves).toEqual([]);
});

it("layers leave a device that has become slower, once, when two answers in a row have shown it, and it pays", () => {
  const slowness = (seat: Seat, answer: number) => (seat === anna && answer > 3 ? 3 : 1);
  const { moves, totalMs } = serve(request(), 20, slowness);
  expect(moves.map(({ afterAnswer }) => afterAnswer)).toEqual([5]);
  const [move] = moves;
  expect(move!.shifts.find(({ seat }) => seat === anna)).toMatchObject({ factor: expect.closeTo(3, 0) as number });
  expect(layersAt(move!, anna!)).toBeLessThan(10);
  expect(layersAt(move!, anna!) + layersAt(move!, ben!)).toBe(L);
  expect(move!.movedMs).toBeLessThan(0.85 * move!.standsMs);
  expect(totalMs).toBeLessThan(serve(request(), 20, slowness, { mayMove: false }).totalMs);
});

it("a move takes what loading takes of the layers that are new, where that is known", () => {
  const slow = (seat: Seat) => (seat === anna ? 3 : 1);
  const rates = (bytesPerMs: number) => new Map(["host", anna!, ben!].map((seat) => [seat as Seat, bytesPerMs]));
  const first = (more: Partial<Standing>) => serve(request(), 25, slow, { moveMs: 100, more }).moves[0];
  const quick = first({ loadBytesPerMs: rates(1) })!;
  const moved = -quick.shifts.find(({ seat }) => seat === anna)!.layers;
  // One byte a layer, a millisecond each; and whoever keeps its place loads nothing.
  expect(quick.moveMs).toBeCloseTo(100 + moved + quick.plan.predicted.firstTokenMs);
  expect(quick.plan.stages.map(({ seat }) => seat)).toEqual([anna, ben]);
  expect(quick.afterAnswer).toBe(2);
  expect(first({ loadBytesPerMs: rates(1e-6) })).toBeUndefined();
});

it("and come back when it has recovered", () => {
  const { moves } = serve(request(), 30, (seat, answer) => (seat === anna && answer > 3 && answer <= 12 ? 3 : 1));
  expect(moves.map(({ afterAnswer }) => afterAnswer)).toEqual([5, 16]);
  expect(layersAt(moves[1]!, anna!)).toBe(15);
});

it("a device that is slow at every other answer moves nothing", () => {
  expect(serve(request(), 30, (seat, answer) => (seat === anna && answer % 2 === 0 ? 4 : 1)).moves).toEqual([]);
});

it("nor do all of them together, nor a little, nor a move that takes longer than what it saves", () => {
  expect(serve(request(), 20, () => 2).moves).toEqual([]);
  expect(serve(request(), 20, (seat) => (seat === anna ? 1.15 : 1)).moves).toEqual([]);
  const slow = (seat: Seat) => (seat === anna ? 3 : 1);
  expect(serve(request(), 20, slow, { moveMs: 1e7 }).moves).toEqual([]);
});

/** SmolLM2-135M in two tabs of one machine. */
function tabs(timed: (seat: Seat) => number): PlanRequest {
  const layer = [
    { fromRows: 1, floorMs: 0.05, rowMs: 0.55, pairMs: 4e-5 },
    { fromRows: 9, floorMs: 0.6, rowMs: 0.21, pairMs: 6e-5 },
  ];
  const tab = (seat: Seat, factor: number) => {
    const each = device(seat, 1);
    return { ...each, costs: drifted({ ...each.costs, layer, frameMs: 0.2 }, factor) };
  };
  const { devices, ...rest } = request();
  return { ...rest, devices: devices.map(({ seat }) => tab(seat, timed(seat))) };
}

it("of two equal tabs, one that was timed while others used its machine has its layers after a few answers", () => {
  const asked = tabs((seat) => (seat === anna ? 1.6 : 1));
  const first = plan(asked);
  expect(first.kind === "plan" && first.stages.map(({ layers }) => layers.end - layers.first).sort()).toEqual([1, 29]);
  const { moves } = serve(asked, 30, (seat) => (seat === anna ? 1 / 1.6 : 1), { moveMs: 1000 });
  expect(moves.map(({ afterAnswer }) => afterAnswer)).toEqual([5]);
  expect(Math.abs(layersAt(moves[0]!, anna!) - L / 2)).toBeLessThanOrEqual(2);
});

it("and tabs that others hold up, now the one and now the other, do not send layers to and fro", () => {
  const asked = tabs(() => 1);
  const slowness = (seat: Seat, answer: number) => (answer % 6 < 3 === (seat === anna) && seat !== "host" ? 1.8 : 1);
  expect(serve(asked, 60, slowness).moves.length).toBeLessThanOrEqual(2);
});

it("the longer a ring has served, the more a move may take", () => {
  const slow = (seat: Seat) => (seat === anna ? 3 : 1);
  const first = (moveMs: number) => serve(request(), 25, slow, { moveMs }).moves[0]?.afterAnswer ?? Infinity;
  expect(first(1000)).toBe(2);
  expect(first(25_000)).toBeGreaterThan(2);
  expect(first(25_000)).toBeLessThan(25);
});

it("where only those who help take part, one that does no more is left out, and another one is taken in", () => {
  const best = request({ donors: "best" }, [device(anna!, 0.2), device(ben!, 0.3), device(cleo!, 4)]);
  const first = plan(best);
  expect(first).toMatchObject({ leftOut: expect.arrayContaining([cleo]) as unknown });
  const { moves } = serve(best, 10, (seat) => (seat === anna || seat === ben ? 60 : 1));
  expect(moves[0]?.plan.stages.map(({ seat }) => seat)).toContain(cleo);
  expect(moves[0]?.shifts.find(({ seat }) => seat === cleo)?.layers).toBeGreaterThan(0);
});
