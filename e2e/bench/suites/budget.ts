/** Where the time of a token's lap and of a prompt's chunk goes: each moment of it, in one part of one device. */
import type { WireType } from "@jupiter/protocol";
import type { HarnessAnswer } from "../../../apps/web/src/harness.ts";
import { percent } from "../../percent.ts";
import { alternate, toldTurns } from "../alternate.ts";
import { openInView } from "../budget/in-view.ts";
import { Budgets, meanBudget, meanOf, PARTS, sumsOf, type Budget, type Part } from "../budget/parts.ts";
import { stampFrames } from "../budget/stamp-frames.ts";
import { clockDifferences, takeStamps, timeKernels, type RingStamps } from "../budget/tab-stamps.ts";
import { figure, type ReportTable } from "../report.ts";
import { row, type Row } from "../row.ts";
import type { Suite, SuiteContext, SuiteResult } from "../suite.ts";
import { decodeMsPerToken, goldenPrompt, openBenchRing, type BenchRing } from "./bench-ring.ts";

const DONORS = 2;
const CHUNK = 64;
const DECODED = 64;
/** Of a prompt that fills the ring. */
const CHUNKS = 8;
/** Questions of one chunk in a turn. */
const ALONE = 8;

const WORDS: Readonly<Record<Part, string>> = {
  compute: "computing",
  frames: "frames made, read and checked",
  queue: "waiting in the worker",
  toPage: "waking up, worker to page",
  toWorker: "waking up, page to worker",
  page: "in the page, between link and worker",
  wire: "on the link, page to page",
  choice: "the token chosen and told, the next frame decided",
};

export const budget: Suite = {
  name: "budget",
  about: "Where the time of one token's lap and of one prompt chunk of 64 rows goes, in a ring of two donors",
  minutes: { sampled: 2, full: 4 },
  async run(context) {
    const wires: readonly WireType[] = context.full ? ["f32", "f16"] : ["f32"];
    const results: SuiteResult[] = [];
    for (const [i, wire] of wires.entries()) {
      const say: SuiteContext["say"] = (text, share) => context.say(text, (i + share) / wires.length);
      results.push(await ofWire({ ...context, say }, wire));
    }
    return {
      rows: results.flatMap(({ rows }) => rows),
      floor: Math.max(...results.map(({ floor }) => floor ?? 0)),
      notes: [
        "Every tab has its page and its worker on this machine's cores, and their clocks are one machine's: what two tabs' clocks differ by moves time from one link to another and leaves their sum.",
        "Parts are means over an answer's laps; tables show the round whose time is the median.",
      ],
      tables: results.flatMap(({ tables = [] }) => tables),
    };
  },
};

async function ofWire({ browser, rounds, say }: SuiteContext, wire: WireType): Promise<SuiteResult> {
  const suffix = wire === "f32" ? "" : `, ${wire}`;
  say(`opening the tabs${suffix}`, 0);
  const inits = { init: stampFrames, initWorkers: stampFrames };
  await using ring = await openBenchRing(browser, DONORS, { chunk: CHUNK, wire }, inits);
  const { room } = ring;
  await using inView = wire === "f32" ? await openInView(browser) : null;
  /** By what it is of, one a round; the first one, which warms up, is taken out. */
  const budgets = new Map<string, Budget[]>();
  const note = (what: string, budget: Budget) => {
    budgets.set(what, [...(budgets.get(what) ?? []), budget]);
    return { total: budget.totalMs, ...sumsOf(budget) };
  };
  const turns = await alternate(
    [
      { name: TOKEN, measure: async () => ({ ms: tokenBudget(await stampedAnswer(ring)).totalMs }) },
      {
        name: PARTS_OF_TOKEN,
        async measure() {
          const stamped = await stampedAnswer(ring);
          const budget = tokenBudget(stamped);
          // The answer's time is by the coordinator's clock, which knows of no stamps.
          return { ...note(TOKEN, budget), unexplained: decodeMsPerToken(stamped.answer) - budget.totalMs };
        },
      },
      {
        name: KERNELS,
        async measure() {
          await timeKernels(room, true);
          const stamped = await stampedAnswer(ring);
          await timeKernels(room, false);
          return outsideKernels(stamped);
        },
      },
      { name: ALONE_CHUNK, measure: async () => note(ALONE_CHUNK, await chunkAlone(ring)) },
      { name: FULL_CHUNK, measure: async () => note(FULL_CHUNK, await chunkOfMany(ring)) },
      ...(inView === null ? [] : [{ name: IN_VIEW, measure: async () => ({ ...(await inView.measure()) }) }]),
      {
        name: CLOCKS,
        async measure() {
          const found = await clockDifferences(room);
          return {
            apart: Math.max(...found.map(({ aheadMs }) => Math.abs(aheadMs))),
            error: Math.max(...found.map(({ errorMs }) => errorMs)),
          };
        },
      },
    ],
    toldTurns(rounds, (text, share) => say(`${text}${suffix}`, share)),
  );
  const facts = { source: "real", better: "less", unit: "ms" } as const;
  const rowsOf = (what: string, from: string): Row[] => [
    row({ ...facts, name: `${what}${suffix}` }, turns.of(from, "total")),
    ...PARTS.filter((part) => part !== "choice" || what === TOKEN).map((part) =>
      row({ ...facts, name: `${what}${suffix}: ${WORDS[part]}` }, turns.of(from, part)),
    ),
  ];
  return {
    rows: [
      ...rowsOf(TOKEN, PARTS_OF_TOKEN),
      row(
        { ...facts, name: `${TOKEN}${suffix}: not explained`, better: "same" },
        turns.of(PARTS_OF_TOKEN, "unexplained"),
      ),
      row({ ...facts, name: `${TOKEN}${suffix}: the layers' computing outside kernels` }, turns.of(KERNELS, "layers")),
      row({ ...facts, name: `${TOKEN}${suffix}: the head's computing outside kernels` }, turns.of(KERNELS, "head")),
      ...rowsOf(ALONE_CHUNK, ALONE_CHUNK),
      ...rowsOf(FULL_CHUNK, FULL_CHUNK),
      ...(inView === null
        ? []
        : [
            row({ ...facts, name: IN_VIEW }, turns.of(IN_VIEW, "lap")),
            row({ ...facts, name: `${IN_VIEW}: from the host's worker to its link` }, turns.of(IN_VIEW, "toLink")),
          ]),
      row({ ...facts, name: `clocks of two tabs${suffix}: apart by echo`, better: "same" }, turns.of(CLOCKS, "apart")),
      row(
        { ...facts, name: `clocks of two tabs${suffix}: what that can be off`, better: "same" },
        turns.of(CLOCKS, "error"),
      ),
    ],
    floor: turns.floor,
    notes: [],
    tables: [TOKEN, ALONE_CHUNK, FULL_CHUNK].map((what) =>
      tableOf(`${what}${suffix}`, (budgets.get(what) ?? []).slice(1)),
    ),
  };
}

const TOKEN = "token's lap";
const PARTS_OF_TOKEN = "token's lap, parts";
const KERNELS = "kernels";
const ALONE_CHUNK = "chunk, alone in the ring";
const FULL_CHUNK = "chunk, the ring full";
const IN_VIEW = "token's lap of one donor, drawn by the page that people see";
const CLOCKS = "clocks";

interface Stamped extends Pick<RingStamps, "laps"> {
  readonly answer: HarnessAnswer;
  readonly budgets: Budgets;
}

async function askStamped(ring: BenchRing, ...asked: Parameters<BenchRing["ask"]>): Promise<Stamped> {
  await takeStamps(ring.room);
  const answer = await ring.ask(...asked);
  const { tabs, laps } = await takeStamps(ring.room);
  return { answer, laps, budgets: new Budgets(tabs, laps) };
}

function stampedAnswer(ring: BenchRing): Promise<Stamped> {
  return askStamped(ring, goldenPrompt("long"), DECODED);
}

/** Of every lap that another one follows, but the prompt's. */
function tokenLaps({ laps }: Pick<Stamped, "laps">) {
  const decoding = laps.filter(({ rows }) => rows === 1);
  return decoding.slice(0, -1).map((lap, i) => ({ lap, next: decoding[i + 1]! }));
}

function tokenBudget({ budgets, laps }: Stamped): Budget {
  return meanBudget(tokenLaps({ laps }).map(({ lap, next }) => budgets.ofToken(lap, next)));
}

/** Mean of a lap: what layers and head computed less what kernels took of it. */
function outsideKernels({ budgets, laps }: Stamped): Readonly<Record<"layers" | "head", number>> {
  const rest = tokenLaps({ laps }).map(({ lap, next }) => {
    const kernels = budgets.kernelMs(lap, next);
    const outside = budgets.ofToken(lap, next).devices.map(({ compute }, device) => compute - (kernels[device] ?? NaN));
    return { head: outside[0]!, layers: outside.slice(1).reduce((sum, ms) => sum + ms, 0) };
  });
  return { layers: meanOf(rest.map(({ layers }) => layers)), head: meanOf(rest.map(({ head }) => head)) };
}

async function chunkAlone(ring: BenchRing): Promise<Budget> {
  const found: Budget[] = [];
  for (let i = 0; i < ALONE; i++) {
    const { budgets, laps } = await askStamped(ring, { id: "chunk", promptTokens: CHUNK }, 1);
    found.push(budgets.ofChunk(laps[0]!));
  }
  return meanBudget(found);
}

/** Those in the middle of a prompt: the first ones find the ring empty, behind the last ones it empties. */
async function chunkOfMany(ring: BenchRing): Promise<Budget> {
  const { budgets, laps } = await askStamped(ring, { id: "chunks", promptTokens: CHUNKS * CHUNK }, 1);
  return meanBudget(laps.slice(2, -2).map((lap) => budgets.ofChunk(lap)));
}

/** Of the round whose time is the median of all, so that its parts add up. */
function tableOf(what: string, rounds: readonly Budget[]): ReportTable {
  const budget = [...rounds].sort((a, b) => a.totalMs - b.totalMs)[rounds.length >> 1] ?? meanBudget(rounds);
  const sums = sumsOf(budget);
  return {
    title: `Milliseconds of a ${what}, ${figure(budget.totalMs)} in all`,
    columns: ["part", "host", ...Array.from({ length: DONORS }, (_, i) => `donor ${i + 1}`), "all", "share"],
    lines: PARTS.filter((part) => sums[part] > 0).map((part) => [
      WORDS[part],
      ...budget.devices.map((parts) => figure(parts[part])),
      figure(sums[part]),
      percent(sums[part] / budget.totalMs, 1),
    ]),
  };
}
