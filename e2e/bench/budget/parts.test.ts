import { expect, it } from "vitest";
import { Budgets, meanBudget, PARTS, sumsOf, type Budget, type TabStamps } from "./parts.ts";
import type { LapStamp, Stamp, Step } from "./stamp-frames.ts";

/** In the order in which they are put on a frame: thread by thread, each step so many milliseconds after the one before. */
type Way = readonly (readonly [
  tab: number,
  thread: "page" | "worker",
  step: Step,
  afterMs: number,
  kernelMs?: number,
])[];

/** A host and two donors, stamped by these frames' ways. */
function stampedTabs(
  frames: readonly { readonly frame: number; readonly sentMs: number; readonly way: Way }[],
): TabStamps[] {
  const tabs = [0, 1, 2].map(() => ({ page: [] as Stamp[], worker: [] as Stamp[] }));
  for (const { frame, sentMs, way } of frames) {
    let atMs = sentMs;
    for (const [tab, thread, step, afterMs, kernelMs = 0] of way) {
      atMs += afterMs;
      tabs[tab]![thread].push({ step, frame, atMs, kernelMs });
    }
  }
  return tabs;
}

const STAGES = [
  { queueMs: 0.5, computeMs: 10 },
  { queueMs: 0.25, computeMs: 20 },
];

const WAY: Way = [
  [0, "worker", "posted", 1],
  [0, "page", "handled", 2],
  [0, "page", "sent", 3],
  [1, "page", "came", 4],
  [1, "page", "posted", 5],
  [1, "worker", "handled", 6],
  [1, "worker", "read", 7],
  [1, "worker", "posted", 12],
  [1, "page", "handled", 2],
  [1, "page", "sent", 3],
  [2, "page", "came", 4],
  [2, "page", "posted", 5],
  [2, "worker", "handled", 6],
  [2, "worker", "read", 7],
  [2, "worker", "posted", 22],
  [2, "page", "handled", 2],
  [2, "page", "sent", 3],
  [0, "page", "came", 4],
  [0, "page", "posted", 5],
  [0, "worker", "handled", 6],
];
const WAY_MS = WAY.reduce((sum, [, , , ms]) => sum + ms, 0);

function lapOf(frame: number, sentMs: number, fields: Partial<LapStamp> = {}): LapStamp {
  return { frame, rows: 1, cached: 0, sentMs, backMs: sentMs + WAY_MS + 7, headMs: 30, stages: STAGES, ...fields };
}

const NOTHING = Object.fromEntries(PARTS.map((part) => [part, 0]));

it("each moment of a token's lap is in one part of one device", () => {
  const lap = lapOf(1, 1000);
  const next = lapOf(2, lap.backMs + 30 + 8);
  const budgets = new Budgets(stampedTabs([{ frame: 1, sentMs: 1000, way: WAY }]), [lap]);
  const budget = budgets.ofToken(lap, next);
  const donor = { toPage: 2, toWorker: 6, page: 3 + 5, wire: 4 };
  expect(budget).toEqual<Budget>({
    totalMs: WAY_MS + 7 + 30 + 8,
    devices: [
      { ...donor, compute: 30, frames: 1 + 7, queue: 0, choice: 8 },
      { ...donor, compute: 10, frames: 7 + 12 - 10 - 0.5, queue: 0.5, choice: 0 },
      { ...donor, compute: 20, frames: 7 + 22 - 20 - 0.25, queue: 0.25, choice: 0 },
    ],
  });
  expect(PARTS.reduce((sum, part) => sum + sumsOf(budget)[part], 0)).toBe(budget.totalMs);
});

it("a chunk's way ends when it is back", () => {
  const lap = lapOf(1, 0);
  const { totalMs, devices } = new Budgets(stampedTabs([{ frame: 1, sentMs: 0, way: WAY }]), [lap]).ofChunk(lap);
  expect(totalMs).toBe(WAY_MS + 7);
  expect(devices[0]).toMatchObject({ compute: 0, choice: 0 });
});

it("what a donor's worker takes for the frame before is waiting, not waking up", () => {
  // The second frame reaches the first donor's page when the first one is read there and waits for its turn.
  const upToWorker = WAY.slice(0, 5).reduce((sum, [, , , ms]) => sum + ms, 0);
  const firstReadMs = upToWorker + 6 + 7;
  const secondSentMs = firstReadMs - upToWorker;
  // Handled a millisecond after the first frame has left: 12 after it was read.
  const late: Way = WAY.map((stamp, i) => (i === 5 ? [1, "worker", "handled", 13] : stamp));
  const laps = [lapOf(1, 0), lapOf(2, secondSentMs, { backMs: secondSentMs + WAY_MS + 7 + 7 })];
  const tabs = stampedTabs([
    { frame: 1, sentMs: 0, way: WAY },
    { frame: 2, sentMs: secondSentMs, way: late },
  ]);
  const { devices } = new Budgets(tabs, laps).ofChunk(laps[1]!);
  const busyMs = 12 - STAGES[0]!.queueMs;
  expect(devices[1]).toMatchObject({ queue: busyMs + STAGES[0]!.queueMs, toWorker: 13 - busyMs });
});

it("kernels are those between two stamps of a worker", () => {
  const times: Readonly<Record<number, number>> = { 5: 100, 7: 109, 12: 200, 14: 218, 19: 300 };
  const way: Way = WAY.map(([tab, thread, step, ms], i) => [tab, thread, step, ms, times[i] ?? 0]);
  const [lap, next] = [lapOf(1, 0), lapOf(2, 500)];
  const tabs = stampedTabs([
    { frame: 1, sentMs: 0, way },
    { frame: 2, sentMs: 500, way: [[0, "worker", "posted", 1, 327]] },
  ]);
  expect(new Budgets(tabs, [lap]).kernelMs(lap, next)).toEqual([27, 9, 18]);
});

it("a frame that a thread did not see is named", () => {
  const lap = lapOf(3, 0);
  expect(() => new Budgets(stampedTabs([]), [lap]).ofChunk(lap)).toThrow("frame 3 was posted");
});

it("the mean of budgets is each part's", () => {
  const of = (ms: number): Budget => ({
    totalMs: 2 * ms,
    devices: [{ ...NOTHING, compute: ms, wire: ms } as Budget["devices"][number]],
  });
  expect(meanBudget([of(1), of(3)])).toEqual(of(2));
});
