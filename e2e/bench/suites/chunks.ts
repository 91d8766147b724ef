/** Chunked prefill beside the best that the exact recurrence allows: on paper, and in emulated tabs. */
import { modelFile, runScenario } from "../../ring/run.ts";
import { parse, Scenario, type ScenarioFields } from "../../ring/scenario.ts";
import { modelPlace, TabRoom } from "../../ring/tabs.ts";
import { CHUNKED_RINGS, CHUNKED_TOKENS, chunkedPrefills, chunkStudy } from "../../sim/chunks.ts";
import { row, type Row } from "../row.ts";
import type { Suite, SuiteContext } from "../suite.ts";
import { quietly, writtenScenario } from "./scenario-files.ts";
import { slower, slowerLink } from "./slower.ts";

/** Tabs of one machine need room: these take so many times what they are said to, links too. */
const SCALE: Readonly<Record<string, number>> = { "wasm-equal": 4, "wasm-uneven": 4 };

export const chunks: Suite = {
  name: "chunks",
  about:
    "Prompts cut by the planner for four devices: time over the least possible, and the speed-up over one device, on paper and in emulated tabs",
  minutes: { sampled: 3, full: 13 },
  async run(context) {
    const rows = paperRows();
    const notes = [
      "The grid is of 16 tokens: all its slicings are tried to 864 tokens, beyond there is a proven bound. The planner may cut off the grid, and so win a little on it.",
    ];
    for (const [i, ring] of CHUNKED_RINGS.entries()) {
      const tell = (text: string, share: number) => context.say(text, (i + share) / CHUNKED_RINGS.length);
      const emulated = await emulatedRows(ring, { ...context, say: tell });
      rows.push(...emulated.rows);
      notes.push(...emulated.notes);
    }
    return { rows, floor: null, notes };
  },
};

function paperRows(): Row[] {
  const facts = { source: "simulated", unit: "times" } as const;
  return [...chunkStudy()].flatMap(([name, prefills]) =>
    prefills.flatMap(({ promptTokens, ms, leastMs, aloneMs, isBound }) => {
      const what = `${name}, ${promptTokens} tokens`;
      return [
        row({ ...facts, better: "less", name: `${what}: over ${leastInWords(isBound)}` }, [ms / leastMs]),
        row({ ...facts, better: "more", name: `${what}: over one device` }, [aloneMs / ms]),
        row({ ...facts, better: "same", name: `${what}: over one device, at most` }, [aloneMs / leastMs]),
      ];
    }),
  );
}

function leastInWords(isBound: boolean): string {
  return isBound ? "a bound below all slicings of the grid" : "the best slicing of the grid";
}

/** A ring of its own for each prompt, as the planner splits for it. */
async function emulatedRows(
  { file, name, mostRows }: (typeof CHUNKED_RINGS)[number],
  { browser, rounds, full, say: tell }: SuiteContext,
): Promise<{ rows: Row[]; notes: string[] }> {
  const written = writtenScenario(file);
  const scale = SCALE[file] ?? 1;
  const any = ringOf(written, 1, scale);
  const { models } = modelPlace(await modelFile(any, quietly.folder, quietly.say));
  await using room = await TabRoom.open({ models, donors: any.tabs, browser });
  const rows: Row[] = [];
  const late = new Set<string>();
  const times = full ? rounds : 1;
  for (const [i, promptTokens] of CHUNKED_TOKENS.entries()) {
    const scenario = ringOf(written, promptTokens, scale);
    const [{ leastMs, backMs, isBound } = { leastMs: NaN, backMs: NaN, isBound: false }] = chunkedPrefills(
      { ...scenario, chunk: mostRows },
      [promptTokens],
    );
    const over: number[] = [];
    for (let round = 0; round < times; round++) {
      tell(`${name}: ${promptTokens} tokens`, (i + round / times) / CHUNKED_TOKENS.length);
      const { run, cases } = await runScenario(scenario, { ...quietly, room });
      over.push(((cases[0]?.prefillMsPerToken ?? NaN) * promptTokens) / (leastMs + backMs));
      for (const { device, isTooSlow } of run.emulation) if (isTooSlow) late.add(`${device} at ${promptTokens} tokens`);
    }
    const what = `${name}, ${promptTokens} tokens, emulated: over ${leastInWords(isBound)}`;
    rows.push(row({ name: what, source: "emulated", unit: "times", better: "less" }, over));
  }
  return {
    rows,
    notes: [
      ...(scale === 1 ? [] : [`${name}: emulated ${scale} times as slow, links too: one machine plays all of them.`]),
      ...(late.size === 0 ? [] : [`${name}: not valid, as this machine was late: ${[...late].join(", ")}.`]),
    ],
  };
}

/** Prompts cut by the plan's table; all of it, links too, takes `scale` times as long. */
function ringOf(written: ScenarioFields, promptTokens: number, scale: number): Scenario {
  const { chunk: _chunk, devices = [], links = [], ...fields } = written;
  return parse(
    Scenario,
    {
      ...fields,
      devices: devices.map(({ time, ...device }) => ({
        ...device,
        ...(time === undefined ? {} : { time: slower(time, scale) }),
      })),
      links: links.map((link) => slowerLink(link, scale)),
      context: 2304,
      objective: "first-token",
      prompts: [{ id: "prompt", promptTokens, tokens: 2 }],
    },
    "scenario",
  );
}
