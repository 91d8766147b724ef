import { expect, it } from "vitest";
import { PreciseClock } from "./precise-clock.ts";

it("calls back in order of time, then of asking, not before the time, and lets messages through", async () => {
  const clock = new PreciseClock();
  const startMs = clock.nowMs();
  const seen: string[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => seen.push("message");
  await new Promise<void>((resolve) => {
    clock.after(12, resolve);
    clock.after(6, () => seen.push("second"));
    clock.after(2, () => seen.push("first"));
    clock.after(4, () => seen.push("never"))();
    clock.after(6, () => seen.push("third"));
    port2.postMessage(null);
  });
  port1.close();
  expect(seen.filter((what) => what !== "message")).toEqual(["first", "second", "third"]);
  expect(seen).toContain("message");
  expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(12);
});
