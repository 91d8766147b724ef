import { CHAT, plan, type DeviceProfile, type Move, type PlanRequest } from "@jupiter/planner";
import { PeerId, type Seat } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { Replanning } from "./replanning.ts";

const [anna, ben] = ["anna0000", "ben00000"].map((id) => PeerId.parse(id)) as [PeerId, PeerId];
const LAYER_MS = 2;
const L = 12;

const deviceOf = (seat: Seat): DeviceProfile => ({
  seat,
  name: seat,
  costs: { layer: [{ fromRows: 1, floorMs: LAYER_MS, rowMs: 0, pairMs: 0 }], frameMs: 0, head: null },
  memoryBytes: Infinity,
  fixedBytes: 0,
  layerBytes: Array<number>(L).fill(1),
  headBytes: 0,
});
const request: PlanRequest = {
  devices: [deviceOf("host"), deviceOf(anna), deviceOf(ben)],
  link: () => ({ rttMs: 1, bytesPerMs: 10_000 }),
  model: { L, kvBytes: 0, rowBytes: 100, mostRows: 256 },
  placement: { hostLayers: ["none"], head: ["host"], donors: "all" },
  workload: CHAT,
  objective: "workload",
};

function ring() {
  const moves: Move[] = [];
  const planned = plan(request);
  if (planned.kind === "not-enough") throw new Error(planned.message);
  const slow = planned.stages[0]!.seat;
  /** That device takes three times what it was measured to take. */
  const factors = new Map(planned.stages.map(({ seat }) => [seat, seat === slow ? 3 : 1]));
  const replanning = new Replanning({ factors: () => factors, move: (move) => moves.push(move) });
  replanning.begin({ request, plan: planned, moveMs: 10 });
  /** And what is done when it has ended. */
  const answer = async (id: string, then?: () => void) => {
    replanning.asked(id);
    replanning.answered(id);
    then?.();
    await Promise.resolve();
  };
  return { replanning, moves, answer, slow };
}

it("asks for a move after the answers that show that it pays", async () => {
  const { moves, answer, slow } = ring();
  await answer("a");
  expect(moves).toEqual([]);
  await answer("b");
  expect(moves[0]?.shifts.find(({ seat }) => seat === slow)?.layers).toBeLessThan(0);
});

it("but not while another answer is under way, or one that was asked for at once", async () => {
  const { replanning, moves, answer } = ring();
  replanning.asked("other");
  for (const id of ["a", "b", "c"]) await answer(id);
  expect(moves).toEqual([]);
  replanning.answered("other");
  await answer("d", () => replanning.asked("e"));
  expect(moves).toEqual([]);
  replanning.answered("e");
  await answer("f");
  expect(moves).toHaveLength(1);
});

it("a question that no worker knows of any more is not waited for", async () => {
  const { replanning, moves, answer } = ring();
  replanning.asked("lost");
  replanning.forget();
  for (const id of ["a", "b"]) await answer(id);
  expect(moves).toHaveLength(1);
});

it("nor of a ring that is no more", async () => {
  const { replanning, moves, answer } = ring();
  await answer("a");
  await answer("b", () => replanning.end());
  await answer("c");
  expect(moves).toEqual([]);
});
