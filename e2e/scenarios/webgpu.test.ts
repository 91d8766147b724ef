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
import { compareRings, TIE_MARGINS } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { randomForest } from "./random-forest.ts";

const folder = mkdtempSync(join(tmpdir(), "jupiter-tiny-"));
const model = join(folder, "tiny.gguf");
const PROMPT = {
  id: "story",
  text: "Once upon a time there was a ring of small devices that passed a story on and on.",
  tokens: 8,
};
/** Rows of one frame: single tokens, windows, and some that the software adapter would compute wrongly in one piece. */
const FRAME_SIZES = [5, 1, 9, 2, 33, 1, 5, 9, 17, 2, 5, 1];
/** Of a row's root mean square: float32 on both sides, additions in another order. */
const MAX_ERROR = 1e-4;

/** The software adapter compiles every kernel anew in every tab. */
const TREES_TIMEOUT_MS = 300_000;

let browser: Browser;

beforeAll(async () => {
  writeFileSync(model, tinyCheckpoint());
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function open(backend: "wasm" | "webgpu"): Promise<OpenRing> {
  return openRing({ model, tabs: 2, backend, layers: [2, 2] }, browser);
}

describe("answers", () => {
  let wasm: OpenRing;
  let webgpu: OpenRing;

  beforeAll(async () => {
    wasm = await open("wasm");
    webgpu = await open("webgpu");
  });

  afterAll(async () => {
    await wasm[Symbol.asyncDispose]();
    await webgpu[Symbol.asyncDispose]();
  });

  it("every device computes on its GPU, without the subgroups whose wrong attention the known-answer test has caught", async () => {
    const devices = await webgpu.room.host.evaluate(() => globalThis.jupiterHarness!.devices());
    expect(devices).toHaveLength(2);
    for (const { backend, fallbacks } of [webgpu.ring.host, ...devices.map(({ serving }) => serving!)]) {
      expect(backend).toBe("webgpu");
      expect(fallbacks[0]).toBe("WebGPU");
    }
    expect(webgpu.ring.host.rung).toContain("without subgroups");
  });

  it("are the wasm ring's, at every step", async () => {
    const reference = await wasm.ask(PROMPT);
    expect(reference.output.length).toBeGreaterThan(1);
    const answer = await webgpu.ask(PROMPT, reference.output);
    expect(compareRings(answer, reference, TIE_MARGINS.ring).faults).toEqual([]);
  });

  it("are the same after a restart, for which onnxruntime takes another GPU device", async () => {
    const before = await webgpu.ask(PROMPT);
    await webgpu.restart({});
    expect((await webgpu.ask(PROMPT)).output).toEqual(before.output);
  });
});

// Rings of their own: frames of a test take the coordinator's place for the life of a ring.
describe("every row of any tree is what the end of its path is, computed afresh", () => {
  it.each([
    ["wasm", [11, 12, 13]],
    ["webgpu", [12]],
  ] as const)(
    "%s, seeds %j",
    async (backend, seeds) => {
      await using ring = await open(backend);
      for (const seed of seeds) {
        const { frames, chains, places } = randomForest(FRAME_SIZES, 320, seed);
        const isTree = frames.some(({ parents, base }) =>
          parents.some((parent, i) => i > 0 && parent !== base + i - 1),
        );
        const isRolledBack = frames.some(({ base }, i) => i > 0 && base < (frames[i - 1]?.base ?? 0));
        expect({ isTree, isRolledBack }).toEqual({ isTree: true, isRolledBack: true });
        const results = await ring.room.probe(frames);
        // Cancels overtake the frames that wait, so that the stages skip some.
        expect(results.some(({ dead }) => dead)).toBe(true);
        const fresh = await ring.room.probe(chains);
        for (const [i, { hidden, dead }] of results.entries()) {
          const rows = places[i] ?? [];
          if (dead) expect(rows.every((place) => place === null)).toBe(true);
          const D = hidden.length / rows.length;
          for (const [row, place] of rows.entries()) {
            if (place === null) continue;
            const expected = fresh[place.chain]?.hidden.slice(place.row * D, (place.row + 1) * D) ?? [];
            const error = relativeError(hidden.slice(row * D, (row + 1) * D), expected);
            expect(error, `seed ${seed}, frame ${i}, row ${row}`).toBeLessThan(MAX_ERROR);
          }
        }
      }
    },
    TREES_TIMEOUT_MS,
  );
});

/** Largest difference, in root mean squares of the expected values. */
function relativeError(values: readonly number[], expected: readonly number[]): number {
  const rms = Math.hypot(...expected) / Math.sqrt(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (values[i] ?? NaN)))) / rms;
}
