/**
 * SmolLM2-135M by rings of real tabs on wasm, held against the golden runs of an independent implementation. Every case runs freely with one
 * donor and with its ids forced with three; `npm run test:models` does both with zero to four.
 */
import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "../chromium.ts";
import {
  compareForced,
  compareFree,
  goldenCases,
  goldenReference,
  ringReference,
  TIE_MARGINS,
} from "../golden-check.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import type { CaseResult } from "../ring/run.ts";

const CASES = goldenCases("smollm2-135m-instruct-q4_1");
const EACH_CASE = CASES.map((golden) => [golden.id, golden] as const);
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

  it.each(EACH_CASE)("%s: the golden answer", async (_, golden) => {
    const answer = await ring.ask({ ...golden, tokens: golden.greedy.length });
    byOneDonor.set(golden.id, answer);
    expect(compareFree(answer, goldenReference(golden), TIE_MARGINS.golden).faults).toEqual([]);
  });

  it.each([
    ["first", [2, 28]],
    ["last", [28, 2]],
    ["both", [2, 26, 2]],
    ["all", [30]],
  ] as const)("again with host layers %s: the golden answer", async (hostLayers, layers) => {
    await ring.restart({ tabs: 1, hostLayers, layers: [...layers] });
    const places = ring.ring.places.map(({ seat, layers: { first, end } }) => [seat === "host", end - first] as const);
    const seats = { first: [true, false], last: [false, true], both: [true, false, true], all: [true] }[hostLayers];
    expect(places).toEqual(seats.map((isHost, i) => [isHost, layers[i]]));
    for (const golden of CASES.filter(({ id }) => id === "capital" || id === "multi-turn")) {
      const answer = await ring.ask({ ...golden, tokens: golden.greedy.length });
      expect(compareFree(answer, goldenReference(golden), TIE_MARGINS.golden).faults).toEqual([]);
    }
  });
});

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

  it.each(EACH_CASE)("%s: the golden choice at every step", async (_, golden) => {
    const answer = await ring.ask(golden, golden.greedy);
    expect(compareForced(answer, goldenReference(golden), TIE_MARGINS.golden).faults).toEqual([]);
    // Rings of ours agree with one another more closely; their steps compare where the same ids were fed.
    const other = byOneDonor.get(golden.id);
    if (other?.output.join() !== golden.greedy.join()) return;
    expect(compareForced(answer, ringReference(other), TIE_MARGINS.ring).faults).toEqual([]);
  });
});
