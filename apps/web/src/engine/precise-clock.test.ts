import { afterEach, expect, it, vi } from "vitest";
import { PreciseClock } from "./precise-clock.ts";

afterEach(() => vi.useRealTimers());

it("calls back in order of time, then of asking, not before the time, and one turn at a time", () => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  const turns: (() => void)[] = [];
  const clock = new PreciseClock((turn) => turns.push(turn));
  const startMs = clock.nowMs();
  const seen: string[] = [];
  const after = (delayMs: number, name: string) =>
    clock.after(delayMs, () => seen.push(`${name} at ${clock.nowMs() - startMs}`));
  after(12, "last");
  after(6, "second");
  after(2, "first");
  after(4, "never")();
  after(6, "third");
  for (let ms = 0; ms <= 12; ms++) {
    expect(turns.length).toBeLessThanOrEqual(1);
    for (const turn of turns.splice(0)) turn();
    vi.advanceTimersByTime(1);
  }
  expect(seen).toEqual(["first at 2", "second at 6", "third at 6", "last at 12"]);
});

it("lets messages through while it waits by turns", async () => {
  const clock = new PreciseClock();
  const { port1, port2 } = new MessageChannel();
  let hasCome = false;
  const again = () => {
    if (!hasCome) clock.after(1, again);
  };
  again();
  // Never, if turns left no room for it.
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
  hasCome = true;
  port1.close();
});
