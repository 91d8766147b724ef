/**
 * SmolLM2-135M by rings of real tabs on wasm, held against the golden runs of an independent implementation, and against one another.
 *
 * An answer of a free-running ring that is the golden one has been fed the golden ids: forcing them repeats the very same work. So with one donor
 * every case runs freely, and again with its ids forced where a tie led it elsewhere; with three donors every case is forced, and the short
 * ones run freely too. `npm run test:models` does both for all cases with zero to four donors.
 */
import { GREEDY } from "@jupiter/pipeline";
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import { askForced, askFree } from "../golden-check-ring.ts";
import { compareRings, goldenCases, TIE_MARGINS, type GoldenCase } from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import type { CaseResult } from "../ring/run.ts";

const CASES = goldenCases("smollm2-135m-instruct-q4_1");
const EACH_CASE = CASES.map((golden) => [golden.id, golden] as const);
const SHORT_CASES = EACH_CASE.filter(([, { ids, greedy }]) => ids.length + greedy.length < 75 && greedy.length < 16);
/** Answers of one donor that was fed the golden ids, one way or the other. */
const byOneDonor = new Map<string, CaseResult>();
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

describe("one donor", () => {
  let ring: OpenRing;

  beforeAll(async () => {
    ring = await openRing({ tabs: 1 }, browser);
  });

  afterAll(() => ring[Symbol.asyncDispose]());

  it.each(EACH_CASE)("%s: the golden answer", async (id, golden) => {
    const { answer, faults } = await askFree(ring, golden);
    expect(faults).toEqual([]);
    const isGolden = answer.output.join() === golden.greedy.join();
    const fed = isGolden ? { answer, faults } : await askForced(ring, golden);
    expect(fed.faults).toEqual([]);
    byOneDonor.set(id, fed.answer);
  });

  it("ids that are fed give the same steps as ids that were chosen", async () => {
    for (const [id, golden] of SHORT_CASES) {
      const { steps, finish, text } = (await askForced(ring, golden)).answer;
      const free = byOneDonor.get(id);
      expect({ steps, finish, text }).toEqual({ steps: free?.steps, finish: free?.finish, text: free?.text });
    }
  });

  it.each([
    ["both", [2, 26, 2]],
    ["all", [30]],
  ] as const)("again with host layers %s: the golden answer", async (hostLayers, layers) => {
    await ring.restart({ tabs: 1, hostLayers, layers: [...layers] });
    const places = ring.ring.places.map(({ seat, layers: { first, end } }) => [seat === "host", end - first] as const);
    const seats = { both: [true, false, true], all: [true] }[hostLayers];
    expect(places).toEqual(seats.map((isHost, i) => [isHost, layers[i]]));
    for (const [, golden] of SHORT_CASES) expect((await askFree(ring, golden)).faults).toEqual([]);
  });

  it("with the head on the donor: the golden answers, guesses held as ever, and by a seed the same drawn ones", async () => {
    const [, short] = SHORT_CASES[0]!;
    // The same chunks, so that all numbers are the same.
    await ring.restart({ tabs: 1, chunk: 16 });
    expect(ring.ring.head).toBe("host");
    const [expected, before] = [await drawn(ring, short), await askFree(ring, short)];
    await ring.restart({ tabs: 1, chunk: 16, head: "last" });
    expect(ring.ring.head).toBe(ring.ring.places.at(-1)?.seat);
    expect(ring.ring.head).not.toBe("host");
    expect(await drawn(ring, short)).toEqual(expected);
    expect((await askFree(ring, short)).answer.steps).toEqual(before.answer.steps);
    for (const [, golden] of SHORT_CASES) expect((await askFree(ring, golden)).faults).toEqual([]);
    const copy = CASES.find(({ id }) => id === "copy")!;
    const { answer, faults } = await askFree(ring, copy, { strategy: "continuous", drafters: ["lookup"] });
    expect(faults).toEqual([]);
    expect(answer.laps).toBeLessThanOrEqual(copy.greedy.length);
  });
});

/** A drawn answer, as its seed and the head's word decide it. */
async function drawn({ room }: OpenRing, { ids }: GoldenCase): Promise<readonly number[]> {
  const { finished } = await room.ask({
    id: crypto.randomUUID(),
    conversation: crypto.randomUUID(),
    prompt: { kind: "ids", ids },
    maxTokens: 24,
    policy: { temperature: 1, topP: 0.95, topK: 0, seed: 3 },
    stop: [],
  });
  return finished.output;
}

describe("three donors", () => {
  let ring: OpenRing;

  beforeAll(async () => {
    ring = await openRing({ tabs: 3 }, browser);
  });

  afterAll(() => ring[Symbol.asyncDispose]());

  it("share all layers among them, in order", () => {
    const places = ring.ring.places.map(({ layers }) => layers);
    expect(places).toHaveLength(3);
    expect(places.map(({ first }) => first)).toEqual([0, places[0]?.end, places[1]?.end]);
    expect(places[2]?.end).toBe(30);
  });

  it.each(EACH_CASE)("%s: the golden choice at every step, and one donor's", async (id, golden) => {
    const { answer, faults } = await askForced(ring, golden);
    expect(faults).toEqual([]);
    const other = byOneDonor.get(id);
    if (other === undefined) throw new Error("one donor's answer failed before");
    expect(compareRings(answer, other, TIE_MARGINS.ring).faults).toEqual([]);
  });

  it.each(SHORT_CASES)("%s: the golden answer", async (_, golden) => {
    expect((await askFree(ring, golden)).faults).toEqual([]);
  });

  it.each(["window", "continuous"] as const)(
    "guessing ahead, %s: the golden answers in no more laps",
    async (strategy) => {
      for (const golden of CASES.filter(({ id }) => id === "copy" || id === "capital")) {
        const { answer, faults } = await askFree(ring, golden, { strategy, drafters: ["lookup"] });
        expect(faults).toEqual([]);
        expect(answer.laps).toBeLessThanOrEqual(golden.greedy.length);
        // A window carries guesses only where further rows are measured to be cheap; a stage that is free takes them at any rate.
        if (golden.id === "copy" && strategy === "continuous")
          expect(answer.laps).toBeLessThan((golden.greedy.length * 3) / 4);
      }
    },
  );

  it("an outline's points, written at once, are what each prompt gets alone", async () => {
    const { finished } = await ring.room.ask({
      id: crypto.randomUUID(),
      conversation: crypto.randomUUID(),
      prompt: { kind: "chat", messages: [{ role: "user", content: "What are the best ways to deal with stress?" }] },
      maxTokens: 48,
      policy: GREEDY,
      stop: [],
      outline: "on",
      decoding: { strategy: "continuous", drafters: ["lookup"] },
    });
    const { branches = [], text } = finished;
    expect(branches.length).toBeGreaterThan(1);
    for (const { number, title, ids, output } of branches) {
      expect(text).toContain(`${number}. **${title}**`);
      const alone = await ring.ask({ id: title, ids: [...ids], tokens: output.length });
      const differing = alone.output.findIndex((token, i) => token !== output[i]);
      if (differing >= 0) expect(alone.steps[differing]?.margin).toBeLessThan(TIE_MARGINS.ring);
    }
  });
});
