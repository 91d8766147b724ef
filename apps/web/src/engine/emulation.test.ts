import { fitLayer, layerMs } from "@jupiter/planner";
import type { AssignMessage } from "@jupiter/protocol";
import { expect, it } from "vitest";
import { EmulatedDevice, EmulatedHead, EmulatedStage, ReplayedDrafter, replayedStage } from "./emulation.ts";

const costs = {
  layer: [{ fromRows: 1, floorMs: 4, rowMs: 1, pairMs: 0 }],
  frameMs: 0,
  head: { floorMs: 5, rowMs: 0 },
};
const rows = {
  arena: 0,
  base: 0,
  positions: Int32Array.of(0),
  parents: Int32Array.of(-1),
  wanted: Uint8Array.of(1),
};
const x = () => ({ wire: "f32", rows: 1, hidden: 1, data: Float32Array.of(7) }) as const;
const policy = { temperature: 0, topP: 1, topK: 0, random: 0, askIds: [] };

it("gives real results when the emulated device would have them, one after the other", async () => {
  const device = new EmulatedDevice({ costs, replay: null });
  const real = {
    forward: async () => ({ result: x(), computeMs: 0.1 }),
    skip: () => undefined,
    apply: () => undefined,
  };
  const head = { score: async () => ({ result: [], computeMs: 0.1 }) };
  const startMs = performance.now();
  const [forward, score] = await Promise.all([
    new EmulatedStage(real, 3, device).forward(x(), rows),
    new EmulatedHead(head, device).score(x(), [policy]),
  ]);
  expect(forward.result.data[0]).toBe(7);
  expect(forward.computeMs).toBeGreaterThanOrEqual(15);
  // The head waited for the layers.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(20);
  expect(score.computeMs).toBeGreaterThanOrEqual(5);
  expect(device.stats).toMatchObject({ runs: 2, emulatedMs: 20 });
});

it("says when the real arithmetic was slower than the device that it stands for", async () => {
  const device = new EmulatedDevice({ costs, replay: null });
  const slow = () => new Promise<never>((_, reject) => setTimeout(() => reject(new Error("out of memory")), 40));
  const late = {
    forward: () =>
      new Promise<{ result: ReturnType<typeof x>; computeMs: number }>((resolve) => {
        setTimeout(() => resolve({ result: x(), computeMs: 40 }), 40);
      }),
    skip: () => undefined,
    apply: () => undefined,
  };
  await new EmulatedStage(late, 1, device).forward(x(), rows);
  expect(device.stats).toMatchObject({ lateRuns: 1 });
  expect(device.stats.lateMs).toBeGreaterThan(20);
  await expect(new EmulatedStage({ ...late, forward: slow }, 1, device).forward(x(), rows)).rejects.toThrow("memory");
});

it("replays a recorded answer with nothing computed", async () => {
  const cases = [{ promptIds: [9], greedy: [300, 70_000], draftTop: [] }];
  const device = new EmulatedDevice({ costs, replay: { L: 2, D: 8, cases, stopIds: [], guesses: null } });
  const stage = replayedStage({ stageIndex: 0, layers: { first: 0, end: 2 } } as AssignMessage, device);
  const data = new Float32Array(8);
  data[0] = 9;
  const { result } = await stage.forward({ wire: "f32", rows: 1, hidden: 8, data }, rows);
  expect(device.rule.next(result.data[0] ?? 0)).toBe(300);
  const { layerTimes, frameMs, headTimes } = device.times;
  expect(layerTimes).toEqual(expect.arrayContaining([1, 32].map((T) => ({ T, S: 0, ms: layerMs(costs.layer, T, 0) }))));
  expect([fitLayer(layerTimes).error, frameMs]).toEqual([expect.closeTo(0), costs.frameMs]);
  expect(headTimes).toEqual([1, 4].map((scored) => ({ rows: scored, ms: 5 })));
});

it("replays recorded guesses on the queue of layers and head, behind what was sent before", async () => {
  const cases = [{ promptIds: [9], greedy: [300, 70], draftTop: [[[300, Math.log(0.5)]], [[8, -1]]] }] as const;
  const guesses = { floorMs: 5, rowMs: 0, children: 1, seed: 1 };
  const device = new EmulatedDevice({ costs, replay: { L: 2, D: 8, cases, stopIds: [], guesses } });
  const drafter = new ReplayedDrafter(() => device);
  const done: string[] = [];
  const views = [{ branch: "a", certain: [9], drafted: [] }];
  const asked = Promise.resolve(drafter.extend(views, 4, { signal: new AbortController().signal }));
  // Asked first, and yet behind the frame that leaves at this instant.
  const sent = device.compute("row 0", 5);
  await Promise.all([asked.then(() => done.push("guesses")), sent.then(() => done.push("layers"))]);
  expect(done).toEqual(["layers", "guesses"]);
  expect(await asked).toEqual([{ view: 0, after: -1, token: 300, probability: expect.closeTo(0.5) as number }]);
  expect(device.stats).toMatchObject({ runs: 2, emulatedMs: 10 });
  const itself = new ReplayedDrafter(() => null);
  expect(await itself.extend(views, 4, { signal: new AbortController().signal })).toEqual([]);
});
