import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkRule } from "./chunk-rule.ts";
import { delayMs, type LayerCost, type LinkCost } from "./costs.ts";
import { gridSlices } from "./grid-slices.ts";
import { advance, emptyPipe, emptyProgress, slicesMs, type Pipe, type Slices } from "./pipe.ts";
import { bestSlices, equalSlicings, gridOf } from "./slices.ts";
import { teraPipeSlices } from "./tera-pipe.ts";
import { exhaustiveSlicesMs, slicesBoundMs } from "./optimum.ts";

function pipeOf(
  layers: readonly (readonly [LayerCost, number])[],
  link: LinkCost,
  { rowBytes = 1152, mostRows = 256 } = {},
): Pipe {
  const places = layers.map(([layer, count]) => ({ layers: count, costs: { layer, frameMs: 1, head: null }, link }));
  return { ...emptyPipe, places, back: link, rowBytes, mostRows };
}

const fast: LinkCost = { rttMs: 2, bytesPerMs: 12_500 };
/** SmolLM2 on one core of a Xeon: small frames run other kernels. */
const wasm = (slower: number): LayerCost => [
  { fromRows: 1, floorMs: 0.3 * slower, rowMs: 1.8 * slower, pairMs: 1.1e-4 * slower },
  { fromRows: 9, floorMs: 0.5 * slower, rowMs: 0.28 * slower, pairMs: 1.1e-4 * slower },
];
/** As a Jetson with Llama2-7B in INT4 might have it. */
const jetson = (slower: number): LayerCost => [
  { fromRows: 1, floorMs: 13 * slower, rowMs: 0.9 * slower, pairMs: 2e-4 * slower },
];
const large = { rowBytes: 8192, mostRows: 1024 };

const pipes: Readonly<Record<string, Pipe>> = {
  "4 wasm tabs": pipeOf(
    [
      [wasm(1), 8],
      [wasm(1), 8],
      [wasm(1), 7],
      [wasm(1), 7],
    ],
    fast,
  ),
  "3 wasm tabs, one slow": pipeOf(
    [
      [wasm(1), 13],
      [wasm(3), 4],
      [wasm(1), 13],
    ],
    fast,
  ),
  "4 equal boards": pipeOf(Array(4).fill([jetson(1), 8]), fast, large),
  "uneven boards": pipeOf(
    [
      [jetson(1), 13],
      [jetson(1.7), 8],
      [jetson(1.7), 8],
      [jetson(3), 3],
    ],
    fast,
    large,
  ),
  "unbalanced boards": pipeOf(
    [
      [jetson(1), 10],
      [jetson(1.7), 8],
      [jetson(1.7), 8],
      [jetson(3), 6],
    ],
    fast,
    large,
  ),
};

describe("the slicing is within 5 % of the best on a grid of 16 tokens, of all there are:", () => {
  it.each(Object.entries(pipes))("%s", (_, pipe) => {
    for (const tokens of [64, 260, 500, 864]) {
      const ms = slicesMs(pipe, bestSlices(pipe, tokens));
      // It may be better than the grid's best, as it may cut anywhere.
      expect(exhaustiveSlicesMs(pipe, tokens, 16, ms * 1.000_001)).toBeGreaterThanOrEqual(ms / 1.05);
    }
  });
});

it("the bound is below the best slicing on the grid, and not far below", () => {
  for (const pipe of Object.values(pipes)) {
    for (const tokens of [260, 500]) {
      const leastMs = exhaustiveSlicesMs(pipe, tokens, 16, slicesMs(pipe, bestSlices(pipe, tokens)) * 2);
      const boundMs = slicesBoundMs(pipe, tokens, 16);
      expect(boundMs).toBeLessThanOrEqual(leastMs * (1 + 1e-9));
      expect(boundMs).toBeGreaterThan(leastMs * 0.85);
    }
  }
});

const layer = fc
  .record({
    floorMs: fc.double({ min: 0, max: 5, noNaN: true }),
    rowMs: fc.double({ min: 0.01, max: 2, noNaN: true }),
    pairMs: fc.double({ min: 0, max: 0.001, noNaN: true }),
  })
  .map((piece): LayerCost => [{ fromRows: 1, ...piece }]);
const link = fc.record({
  rttMs: fc.double({ min: 0, max: 40, noNaN: true }),
  bytesPerMs: fc.double({ min: 500, max: 1e5, noNaN: true }),
});
const anyPipe = fc
  .record({
    layers: fc.array(fc.tuple(layer, fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 5 }),
    link,
    closes: fc.boolean(),
  })
  .map(({ layers, link, closes }): Pipe => {
    const pipe = pipeOf(layers, link);
    return { ...pipe, closes: closes && layers.length > 2 };
  });

/** The recurrence, where a chunk is sent when the one so many before it has come back. */
function limitedMs(pipe: Pipe, slices: Slices, limit: number): number {
  const progress = emptyProgress(pipe);
  const left: number[] = [];
  let cached = 0;
  for (const [i, T] of slices.entries()) {
    const sentMs = i < limit ? 0 : left[i - limit]! + (pipe.back === null ? 0 : delayMs(pipe.back));
    left.push(advance(pipe, progress, T, cached, sentMs));
    cached += T;
  }
  return left.at(-1) ?? 0;
}

describe("the chunk rule", () => {
  it("cuts the whole prompt, and is never worse than equal chunks or TeraPipe's on the same costs", () => {
    fc.assert(
      fc.property(anyPipe, fc.integer({ min: 1, max: 900 }), (pipe, tokens) => {
        const slices = bestSlices(pipe, tokens);
        expect(slices.reduce((a, b) => a + b, 0)).toBe(tokens);
        expect(Math.max(...slices)).toBeLessThanOrEqual(pipe.mostRows);
        const ms = slicesMs(pipe, slices) * (1 - 1e-9);
        for (const equal of equalSlicings(tokens, pipe.mostRows)) expect(ms).toBeLessThanOrEqual(slicesMs(pipe, equal));
        expect(ms).toBeLessThanOrEqual(slicesMs(pipe, teraPipeSlices(pipe, tokens, 0, gridOf(tokens))));
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it("has a table for any length and prefix: never worse than equal chunks, and a longer prompt never takes less", () => {
    fc.assert(
      fc.property(
        anyPipe,
        fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 0, max: 900 })), {
          minLength: 5,
          maxLength: 5,
        }),
        (pipe, asked) => {
          const rule = chunkRule(pipe, 1024);
          for (const [tokens, S] of asked) {
            const slices = rule.slices(tokens, S);
            expect(slices.reduce((a, b) => a + b, 0)).toBe(tokens);
            const ms = slicesMs(pipe, slices, S) * (1 - 1e-9);
            for (const equal of equalSlicings(tokens, pipe.mostRows))
              expect(ms).toBeLessThanOrEqual(slicesMs(pipe, equal, S));
          }
          if (pipe.closes) return; // taking turns, the host may be luckier with one row more
          const [short, long] = [100, 700].map((tokens) => slicesMs(pipe, rule.slices(tokens, 0)));
          expect(short).toBeLessThanOrEqual(long!);
        },
      ),
      { numRuns: 15, seed: 4 },
    );
  });

  it.each([
    [16_400, 256],
    [20_000, 256],
    [20_000, 64],
    [4200, 64],
  ])("cuts %i tokens whole where a chunk has at most %i, fewer than the grid's step", (tokens, mostRows) => {
    const pipe: Pipe = { ...pipes["4 wasm tabs"]!, mostRows };
    const rule = chunkRule(pipe, tokens + 1000);
    for (const slices of [
      bestSlices(pipe, tokens),
      teraPipeSlices(pipe, tokens, 0, gridOf(tokens)),
      gridSlices(pipe, tokens, 0, gridOf(tokens)),
      rule.slices(tokens, 0),
    ]) {
      expect(slices.reduce((a, b) => a + b, 0)).toBe(tokens);
      expect(Math.max(...slices)).toBeLessThanOrEqual(mostRows);
    }
    expect(rule.rows(6000, tokens - 6000)).toBeLessThanOrEqual(mostRows);
  });

  it.each(Object.entries(pipes))("%s: as few chunks on their way as take no longer than any number", (_, pipe) => {
    for (const rttMs of [1, 10, 60]) {
      const far = (link: LinkCost | null) => (link === null ? null : { ...link, rttMs });
      const places = pipe.places.map((place) => ({ ...place, link: far(place.link) }));
      const ring = { ...pipe, places, back: far(pipe.back) };
      const rule = chunkRule(ring, 2048);
      expect(rule.maxInFlight).toBeGreaterThan(places.length);
      // In one room, where chunks take longer than their way.
      if (rttMs === 1) expect(rule.maxInFlight).toBeLessThanOrEqual(places.length + 3);
      for (const tokens of [260, 1500]) {
        const slices = rule.slices(tokens, 0);
        expect(limitedMs(ring, slices, rule.maxInFlight)).toBeLessThanOrEqual(1.01 * slicesMs(ring, slices));
      }
    }
  });

  it("goes through a slicing chunk by chunk, prompts in between or not", () => {
    const rule = chunkRule(pipes["4 wasm tabs"]!, 4096);
    const slices = rule.slices(300, 50);
    const got: number[] = [];
    for (let sent = 0; sent < 300; sent += got.at(-1)) {
      got.push(rule.rows(300 - sent, 50 + sent));
      rule.rows(700, 0);
    }
    expect(got).toEqual(slices);
    expect(slices.length).toBeGreaterThan(3);
  });
});

it("a host at both ends takes its chunks in turn, and is one machine: its two places never run at once", () => {
  const layer: LayerCost = [{ fromRows: 1, floorMs: 10, rowMs: 0, pairMs: 0 }];
  const none: LinkCost = { rttMs: 0, bytesPerMs: Infinity };
  const open = pipeOf(
    [
      [layer, 1],
      [layer, 1],
      [layer, 1],
    ],
    none,
  );
  const places = open.places.map((place) => ({ ...place, costs: { ...place.costs, frameMs: 0 } }));
  const closed: Pipe = {
    ...open,
    places: places.map((place, i) => (i === 0 ? { ...place, link: null } : place)),
    closes: true,
  };
  // Two chunks: 0-10 and 10-20 at the front, the first comes back at 20, the second at 30.
  expect(slicesMs(closed, [8, 8])).toBe(40);
  expect(slicesMs({ ...closed, closes: false }, [8, 8])).toBe(40);
  // Of ten, twenty runs of the host and what the middle takes of the last few.
  expect(slicesMs(closed, Array(10).fill(8))).toBeGreaterThanOrEqual(200);
});
