/** Stamps of a ring's tabs, and how far the tabs' clocks are apart, as they are compared. */
import type { Page } from "playwright";
import type { TabRoom } from "../../ring/tabs.ts";
import type { TabStamps } from "./parts.ts";
import type { LapStamp, StampedThread } from "./stamp-frames.ts";

const ECHOES = 200;

export type Tabs = Pick<TabRoom, "host" | "donors">;

export interface RingStamps {
  /** Host first, then donors in the ring's order. */
  readonly tabs: readonly TabStamps[];
  readonly laps: readonly LapStamp[];
}

/** What came together since this was called last. */
export async function takeStamps({ host, donors }: Tabs): Promise<RingStamps> {
  const take = () => {
    const { stamps = [], laps = [] } = globalThis.stamped ?? {};
    return { stamps: stamps.splice(0), laps: laps.splice(0) };
  };
  const tabs = await Promise.all(
    [host, ...donors].map(async (page) => ({
      page: await page.evaluate(take),
      workers: await Promise.all(page.workers().map((worker) => worker.evaluate(take))),
    })),
  );
  return {
    tabs: tabs.map(({ page, workers }) => ({
      page: page.stamps,
      worker: workers.flatMap(({ stamps }) => stamps),
    })),
    laps: tabs[0]!.workers.flatMap(({ laps }) => laps),
  };
}

/** From now on kernels are timed, or not. */
export async function timeKernels({ host, donors }: Tabs, on: boolean): Promise<void> {
  const workers = [host, ...donors].flatMap((page) => page.workers());
  const set = (timesKernels: boolean) => {
    const thread: StampedThread | undefined = globalThis.stamped;
    if (thread !== undefined) thread.timesKernels = timesKernels;
  };
  await Promise.all(workers.map((worker) => worker.evaluate(set, on)));
}

export interface ClockDifference {
  /** The donor's clock less the host's, taken that the shortest echo took as long there as back. */
  readonly aheadMs: number;
  /** By how much that can be off: half of the shortest echo. */
  readonly errorMs: number;
}

/** Of each donor's tab. */
export async function clockDifferences({ host, donors }: Tabs): Promise<readonly ClockDifference[]> {
  const found: ClockDifference[] = [];
  for (const donor of donors) found.push(await clockDifference(host, donor));
  return found;
}

async function clockDifference(host: Page, donor: Page): Promise<ClockDifference> {
  await donor.evaluate(() => {
    const channel = new BroadcastChannel("clock");
    channel.onmessage = ({ data }: MessageEvent<string>) => {
      if (data === "end") channel.close();
      else channel.postMessage(performance.timeOrigin + performance.now());
    };
  });
  const echoes = await host.evaluate(async (count) => {
    const channel = new BroadcastChannel("clock");
    const echoes: { askedMs: number; thereMs: number; backMs: number }[] = [];
    while (echoes.length < count) {
      const askedMs = performance.timeOrigin + performance.now();
      const thereMs = await new Promise<number>((resolve) => {
        channel.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
        channel.postMessage("ask");
      });
      echoes.push({ askedMs, thereMs, backMs: performance.timeOrigin + performance.now() });
    }
    channel.postMessage("end");
    channel.close();
    return echoes;
  }, ECHOES);
  const [best] = echoes.sort((a, b) => a.backMs - a.askedMs - (b.backMs - b.askedMs));
  const { askedMs, thereMs, backMs } = best!;
  return { aheadMs: thereMs - (askedMs + backMs) / 2, errorMs: (backMs - askedMs) / 2 };
}
