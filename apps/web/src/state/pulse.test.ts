import type { LapEvent } from "@jupiter/pipeline";
import { expect, it } from "vitest";
import { afterLap, afterToken, beforeAnswer, STILL, tokensPerSecond, type Pulse } from "./pulse.ts";

function lap(rows: number, lapMs: number, computeMs: readonly number[] = []): LapEvent {
  const stageTimes = computeMs.map((ms, stage) => ({ stage, computeUs: ms * 1000, queueUs: 0 }));
  return { kind: "lap", frame: 1, rows, cached: 0, wanted: true, dead: false, atMs: 0, lapMs, headMs: 2, stageTimes };
}

/** Every lap brings a token, but those of prompts that are not their last. */
function run(laps: readonly (readonly [LapEvent, number])[]): Pulse {
  return laps.reduce((pulse, [event, atMs]) => afterToken(afterLap(pulse, { ...event, atMs })), STILL);
}

it("counts laps, and smooths what each stage takes for a token", () => {
  const pulse = run([
    [lap(64, 300, [100, 200]), 300],
    [lap(1, 30, [10, 20]), 330],
    [lap(1, 40, [20, 20]), 370],
  ]);
  expect(pulse.laps).toBe(3);
  expect(pulse.stageMs[0]).toBeCloseTo(11.5);
  expect(pulse.stageMs[1]).toBeCloseTo(20);
  expect(afterLap(pulse, { ...lap(1, 9), dead: true })).toBe(pulse);
});

it("tells the speed of the answer that is being written, not of the pause before it", () => {
  const slow = Array.from({ length: 5 }, (_, i) => [lap(1, 100), 100 * i] as const);
  const quick = Array.from({ length: 5 }, (_, i) => [lap(1, 50), 9000 + 50 * i] as const);
  expect(tokensPerSecond(run(slow))).toBeCloseTo(10);
  expect(tokensPerSecond(run([...slow, ...quick]))).toBeCloseTo(20);
  expect(tokensPerSecond(run([[lap(64, 300), 300]]))).toBeNull();
});

it("keeps no more than it shows", () => {
  const pulse = run(Array.from({ length: 200 }, (_, i) => [lap(1, 10), 10 * i] as const));
  expect(pulse.recent).toHaveLength(60);
  expect(pulse.laps).toBe(200);
});

it("keeps an answer whole until the next question, and what devices take beyond it", () => {
  const answered = run([
    [lap(64, 300), 300],
    ...Array.from({ length: 100 }, (_, i) => [lap(1, 10, [5]), 310 + 10 * i] as const),
  ]);
  expect(answered.answer).toHaveLength(100);
  const asked = beforeAnswer(answered);
  expect(asked.answer).toEqual([]);
  expect(tokensPerSecond(asked)).toBeNull();
  expect(asked.stageMs).toEqual(answered.stageMs);
});

it("tells an answer's frames with drafts from a prompt's chunks, and counts the tokens that each brought", () => {
  const reading = afterLap(afterLap(STILL, lap(64, 300)), lap(1, 100));
  expect(reading.recent.map(({ isAnswer }) => isAnswer)).toEqual([false, false]);
  let pulse = afterLap(afterToken(reading), { ...lap(1, 50), atMs: 500 });
  pulse = afterLap(afterToken(pulse), { ...lap(4, 100), atMs: 600 });
  pulse = afterToken(afterToken(afterToken(pulse)));
  expect(pulse.answer.map(({ tokens }) => tokens)).toEqual([1, 3]);
  expect(tokensPerSecond(pulse)).toBeCloseTo(30);
  expect(beforeAnswer(pulse).isReading).toBe(true);
});
