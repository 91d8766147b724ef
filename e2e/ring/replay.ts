/** Schedules in real tabs, a tab a device, over real links between those that send to each other. */
import { createServer } from "@jupiter/signaling-server";
import type { PeerId } from "@jupiter/protocol";
import type { Schedule, ScheduleResult, Step } from "@jupiter/simulator";
import type { LinkShape } from "@jupiter/transport/link-shape";
import type { Browser, Page } from "playwright";
import type { Replayed } from "../../apps/web/src/schedule-tab.ts";
import { ensureBuilt } from "../../scripts/build.mjs";
import { page as folder } from "./tabs.ts";

export interface ReplayOptions {
  readonly browser: Browser;
  readonly devices: readonly string[];
  readonly shapeOf: (from: number, to: number) => LinkShape;
  readonly seed: number;
}

export interface ReplayResult extends Pick<ScheduleResult, "marks" | "spans"> {
  readonly messages: number;
  /** Share of the messages that a real link delivered after their time: what links take is then this machine's. */
  readonly lateShare: number;
  readonly lateMs: number;
}

/** From when all tabs have their steps to when they begin. */
const LEAD_MS = 500;

/**
 * One schedule per device; what is simulated as a shared medium has no place here. Throws `RangeError` where no device has a step, as of schedules that
 * somebody has gone through already.
 */
export async function replay(schedules: readonly Schedule[], options: ReplayOptions): Promise<ReplayResult> {
  const lists = schedules.map((schedule) => [...schedule]);
  if (lists.every(({ length }) => length === 0)) throw new RangeError("no schedule has a step left");
  ensureBuilt(console.error);
  const server = await createServer({ port: 0, page: folder, models: [], turn: null });
  const context = await options.browser.newContext();
  try {
    const tabs: { page: Page; peer: PeerId; link: string }[] = [];
    while (tabs.length < lists.length) {
      const page = await context.newPage();
      await page.goto(`${server.url}?harness`);
      await page.waitForFunction(() => globalThis.jupiterHarness !== undefined);
      const entered = await page.evaluate(
        (link) => globalThis.jupiterHarness!.schedule.enter(link),
        tabs[0]?.link ?? null,
      );
      tabs.push({ page, ...entered });
    }
    await connect(tabs, lists, options);
    const peers = tabs.map(({ peer }) => peer);
    const startAtMs = Date.now() + LEAD_MS;
    const results = await Promise.all(
      tabs.map(({ page }, self) =>
        page.evaluate((replay) => globalThis.jupiterHarness!.schedule.run(replay), {
          steps: lists[self]!,
          peers,
          self,
          startAtMs,
        }),
      ),
    );
    return summed(results, options.devices);
  } finally {
    await context.close();
    await server.close();
  }
}

async function connect(
  tabs: readonly { readonly page: Page; readonly peer: PeerId }[],
  lists: readonly (readonly Step[])[],
  { shapeOf, seed }: ReplayOptions,
): Promise<void> {
  for (const [from, steps] of lists.entries()) {
    const targets = new Set(steps.flatMap((step) => (step.kind === "send" ? [step.to] : [])));
    for (const to of targets) {
      // As the simulator has it.
      const link = { peer: tabs[to]!.peer, shape: shapeOf(from, to), seed: seed + from * tabs.length + to };
      await tabs[from]!.page.evaluate(
        ({ peer, shape, seed }) => globalThis.jupiterHarness!.schedule.connect(peer, shape, seed),
        link,
      );
    }
  }
}

function summed(results: readonly Replayed[], devices: readonly string[]): ReplayResult {
  const sum = (of: (result: Replayed) => number) => results.reduce((total, result) => total + of(result), 0);
  const messages = sum((result) => result.messages);
  return {
    marks: new Map(results.flatMap(({ marks }) => marks)),
    spans: results.flatMap(({ spans }, i) => spans.map((span) => ({ ...span, device: devices[i] ?? "?" }))),
    messages,
    lateShare: sum(({ lateMessages }) => lateMessages) / Math.max(1, messages),
    lateMs: sum(({ lateMs }) => lateMs),
  };
}
