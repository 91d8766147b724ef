/**
 * A ring of real tabs on WebGPU (the browser's software adapter) beside the same ring on wasm, over a tiny checkpoint with random weights:
 * answers, and hidden states of trees.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tinyCheckpoint } from "@jupiter/testkit";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { compareForced, ringReference, TIE_MARGINS } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { freshFrame, randomForest } from "./random-forest.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
const PROMPT = {
  id: "story",
  text: "Once upon a time there was a ring of small devices that passed a story on and on.",
  tokens: 24,
};
/** Rows of one frame: single tokens, windows, and one that the software adapter would compute wrongly in one piece. */
const FRAME_SIZES = [5, 1, 9, 2, 33, 1, 5, 9, 17, 2, 5, 1];
/** Of a row's root mean square: float32 on both sides, additions in another order. */
const MAX_ERROR = 1e-3;

let browser: Browser;
let wasm: OpenRing;
let webgpu: OpenRing;

beforeAll(async () => {
  const model = join(folder, "tiny.gguf");
  writeFileSync(model, tinyCheckpoint());
  browser = await launchChromium();
  wasm = await openRing({ model, tabs: 2, backend: "wasm", layers: [2, 2] }, browser);
  webgpu = await openRing({ model, tabs: 2, backend: "webgpu", layers: [2, 2] }, browser);
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

it("every donor computes on its GPU, and the known-answer test has caught the adapter's wrong attention", async () => {
  const devices = await webgpu.room.host.evaluate(() => globalThis.jupiterHarness!.devices());
  expect(devices).toHaveLength(2);
  for (const { serving } of devices) {
    expect(serving?.backend).toBe("webgpu");
    expect(serving?.fallbacks).toContain("WebGPU");
  }
});

it("answers as the wasm ring does, at every step", async () => {
  const reference = await wasm.ask(PROMPT);
  expect(reference.output.length).toBeGreaterThan(1);
  const answer = await webgpu.ask(PROMPT, reference.output);
  expect(compareForced(answer, ringReference(reference), TIE_MARGINS.golden).faults).toEqual([]);
  const lead = (steps: typeof answer.steps) => steps.map(({ margin }) => margin);
  for (const [i, margin] of lead(answer.steps).entries())
    expect(margin).toBeCloseTo(lead(reference.steps)[i] ?? NaN, 2);
});

// Last, as frames of our own take the coordinator's place for the life of a ring.
it.each(["wasm", "webgpu"] as const)(
  "%s: a row of any tree is the last row of its path computed afresh",
  async (backend) => {
    const ring = { wasm, webgpu }[backend];
    const forest = randomForest(FRAME_SIZES, 320, 11);
    const wanted = forest.map(({ paths }) => freshFrame(paths.at(-1) ?? []));
    expect(forest.some(({ frame }) => frame.parents.some((parent, i) => i > 0 && parent !== frame.base + i - 1))).toBe(
      true,
    );
    const probe = (frames: Parameters<NonNullable<typeof jupiterHarness>["probe"]>[0]) =>
      ring.room.host.evaluate((f) => globalThis.jupiterHarness!.probe(f), frames);
    const [results, fresh] = [await probe(forest.map(({ frame }) => frame)), await probe(wanted)];
    let compared = 0;
    for (const [i, { dead, hidden }] of results.entries()) {
      const frame = forest[i]?.frame;
      if (dead) expect(frame?.refuted).toBe(true);
      if (frame === undefined || frame.refuted) continue;
      const D = hidden.length / frame.tokenIds.length;
      const error = relativeError(hidden.slice(-D), (fresh[i]?.hidden ?? []).slice(-D));
      expect(error, `frame ${i}, last row`).toBeLessThan(MAX_ERROR);
      compared++;
    }
    expect(compared).toBeGreaterThan(FRAME_SIZES.length / 2);
  },
);

/** Largest difference, in root mean squares of the expected values. */
function relativeError(values: readonly number[], expected: readonly number[]): number {
  const rms = Math.hypot(...expected) / Math.sqrt(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (values[i] ?? NaN)))) / rms;
}
