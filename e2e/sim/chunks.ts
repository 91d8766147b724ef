/** How good the cutting of prompts is: chunked prefill against the best that the exact recurrence allows, and what it gains over one device. */
import { fileURLToPath } from "node:url";
import { bestSlices, returnMs, slicesMs, type Pipe } from "@jupiter/planner";
import { exhaustiveSlicesMs, slicesBoundMs } from "@jupiter/planner/optimum";
import { planScenario } from "../ring/plan-scenario.ts";
import { readJson } from "../ring/run.ts";
import { parse, Scenario } from "../ring/scenario.ts";

export interface ChunkedPrefill {
  readonly promptTokens: number;
  readonly chunks: number;
  /** All of it from the first chunk's start to the last one's end, without the way back and the head. */
  readonly ms: number;
  /** The way back and the head, which no slicing changes. */
  readonly backMs: number;
  /** Of the best slicing on a grid of `GRID` tokens, or a bound below all of them. */
  readonly leastMs: number;
  readonly isBound: boolean;
  /** All layers on the fastest device, the prompt cut as is best for it. */
  readonly aloneMs: number;
}

export const CHUNKED_TOKENS = [260, 864, 2048];
const GRID = 16;
/** Beyond, trying all takes too long. */
const EXHAUSTIVE_TO = 864;

/** What is looked at: the paper's boards, and tabs as they were timed, four alike and four as unlike as the paper's. */
export const CHUNKED_RINGS = [
  // A board takes a prompt in one piece; wasm tabs were never timed with more than 256 rows.
  { file: "env-a-7b-1000", name: "4 NX (Env A)", mostRows: 1024 },
  { file: "env-b-7b-1000", name: "NX, 2 TX2, Nano (Env B)", mostRows: 1024 },
  { file: "wasm-equal", name: "4 wasm tabs", mostRows: 256 },
  { file: "wasm-uneven", name: "4 wasm tabs, slower as Env B", mostRows: 256 },
];

/** By the devices' words. */
export function chunkStudy(): ReadonlyMap<string, readonly ChunkedPrefill[]> {
  return new Map(
    CHUNKED_RINGS.map(({ file, name, mostRows }) => {
      const path = fileURLToPath(new URL(`../bench/scenarios/${file}.json`, import.meta.url));
      return [name, chunkedPrefills({ ...parse(Scenario, readJson(path), file), chunk: mostRows })];
    }),
  );
}

/** Of the scenario's devices with the planner's split for the first token, chunks of at most its `chunk` rows. */
export function chunkedPrefills(scenario: Scenario, tokens: readonly number[] = CHUNKED_TOKENS): ChunkedPrefill[] {
  const { shape } = scenario;
  if (shape === undefined) throw new RangeError("Expected a scenario with a shape.");
  const facts = { ...shape, layerBytes: Array<number>(shape.L).fill(shape.layerBytes ?? 0), tokenizer: null };
  return tokens.map((promptTokens) => {
    const asked = [{ promptTokens, newTokens: 1 }];
    const { pipe } = planScenario(scenario, facts, asked, "first-token");
    const slices = bestSlices(pipe, promptTokens);
    const ms = slicesMs(pipe, slices);
    const isBound = promptTokens > EXHAUSTIVE_TO;
    return {
      promptTokens,
      chunks: slices.length,
      ms,
      backMs: returnMs(pipe, 1),
      leastMs: isBound
        ? slicesBoundMs(pipe, promptTokens, GRID)
        : exhaustiveSlicesMs(pipe, promptTokens, GRID, ms * 1.000_001),
      isBound,
      aloneMs: Math.min(...pipe.places.map((_, place) => aloneMs(pipe, place, shape.L, promptTokens))),
    };
  });
}

function aloneMs(pipe: Pipe, place: number, L: number, promptTokens: number): number {
  const alone: Pipe = {
    ...pipe,
    places: [{ ...pipe.places[place]!, link: null, layers: L }],
    back: null,
    closes: false,
  };
  return slicesMs(alone, bestSlices(alone, promptTokens));
}

export function chunksTable(rings: ReadonlyMap<string, readonly ChunkedPrefill[]>): string {
  const head = [
    "devices",
    "prompt",
    "chunks",
    "prefill",
    "least on the grid",
    "over it",
    "one device",
    "speed-up",
    "at most",
  ];
  const lines = [...rings].flatMap(([name, prefills]) =>
    prefills.map(({ promptTokens, chunks, ms, leastMs, isBound, aloneMs }) => [
      name,
      `${promptTokens}`,
      `${chunks}`,
      `${(ms / 1000).toFixed(2)} s`,
      `${isBound ? "> " : ""}${(leastMs / 1000).toFixed(2)} s`,
      (ms / leastMs).toFixed(3),
      `${(aloneMs / 1000).toFixed(2)} s`,
      (aloneMs / ms).toFixed(2),
      (aloneMs / leastMs).toFixed(2),
    ]),
  );
  return [
    ...[head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`),
    "",
    `The grid is of ${GRID} tokens; ">": a bound below all its slicings. The planner may cut off the grid, and so be a little below the least on it and above "at most".`,
  ].join("\n");
}
