/** What guessing ahead and points at once bring in real tabs. All share this machine's cores, so stages that compute at the same time slow one another down. */
import { GREEDY, PLAINLY } from "@jupiter/pipeline";
import type { HarnessAnswer } from "../../../apps/web/src/harness.ts";
import { drafterNames } from "../../ring/drafters.ts";
import { alternate, toldTurns, type Contender, type Measured } from "../alternate.ts";
import { ratio, row, type Row } from "../row.ts";
import type { Suite, SuiteContext, SuiteResult } from "../suite.ts";
import {
  decodeMsPerToken,
  goldenPrompt,
  openBenchRing,
  openBenchRings,
  type BenchRing,
  type RingFields,
} from "./bench-ring.ts";

const DECODED = 64;
const POINT_TOKENS = 48;
/** Both models answer it with an outline. */
const LIST = "List five benefits of regular exercise.";

const LIST_PROMPT = { id: "list", messages: [{ role: "user" as const, content: LIST }] };
const POINTS = "points";
const PLAIN_LIST = "plain, the points' question";

interface Setup {
  readonly name: string;
  readonly donors: number;
  readonly draft: string;
  readonly fields: RingFields;
}

export const strategies: Suite = {
  name: "strategies",
  about:
    "Decoding by strategy in real tabs: SmolLM2 over 2 donors, guesses by --draft, points at once; --full: Coder 1.5B over 4 donors, guesses by lookup and Coder 0.5B",
  minutes: { sampled: 2, full: 10 },
  async run(context) {
    const small: Setup = { name: "SmolLM2, 2 donors", donors: 2, draft: context.draft, fields: {} };
    const coder: Setup = {
      name: "Coder 1.5B, 4 donors",
      donors: 4,
      draft: "lookup,model:qwen2.5-coder-0.5b-instruct",
      fields: { model: "qwen2.5-coder-1.5b-instruct", layers: [7, 7, 7, 7], context: 512 },
    };
    const results: SuiteResult[] = [];
    const setups = context.full ? [small, coder] : [small];
    for (const [i, setup] of setups.entries()) results.push(await measure(setup, context, i, setups.length));
    return {
      rows: results.flatMap(({ rows }) => rows),
      floor: Math.max(...results.map(({ floor }) => floor ?? 0)),
      notes: [
        `The golden question "code", ${DECODED} new tokens; every text was the plain one. Points are of another question, and another text. All tabs share this machine's cores.`,
        ...results.flatMap(({ notes }) => notes),
      ],
    };
  },
};

async function measure(setup: Setup, context: SuiteContext, index: number, setups: number): Promise<SuiteResult> {
  const { name, donors, draft, fields } = setup;
  const say = (text: string, share: number) => context.say(`${name}: ${text}`, (index + share) / setups);
  say("opening", 0);
  const drafts = draft.split(",");
  const ways = [...drafts, ...(drafts.length > 1 ? [draft] : [])];
  // A ring each, beside whose plain decoding it is held: a ring remembers what guessing brought it, and would judge one way by another's answers.
  await using rings = await openBenchRings(ways, (way) =>
    openBenchRing(context.browser, donors, { draft: way, strategy: "continuous", ...fields }),
  );
  const [ring] = rings.opened;
  if (ring === undefined) throw new Error("a suite without a way to guess");
  const nameOf = (way: string) => drafterNames(way).join(" + ");
  const plainOf = (way: string) => `plain, in the ring of ${nameOf(way)}`;
  const points = new Set<number>();
  const prompt = goldenPrompt("code");
  const plain = await ring.ask(prompt, DECODED, PLAINLY);
  const contenders: Contender[] = [
    ...ways.flatMap((way, i) => {
      const own = rings.opened[i]!;
      return [
        {
          name: plainOf(way),
          measure: async () => ({ decode: decodeMsPerToken(await own.ask(prompt, DECODED, PLAINLY)) }),
        },
        { name: nameOf(way), measure: async () => guessed(await own.ask(prompt, DECODED), plain) },
      ];
    }),
    {
      name: PLAIN_LIST,
      measure: async () => ({ decode: decodeMsPerToken(await ring.ask(LIST_PROMPT, DECODED, PLAINLY)) }),
    },
    {
      name: POINTS,
      async measure() {
        const { measured, count } = await pointByPoint(ring);
        points.add(count);
        return measured;
      },
    },
  ];
  const turns = await alternate(contenders, toldTurns(context.rounds, say));
  const real = { source: "real", better: "less" } as const;
  const more = { source: "real", better: "more" } as const;
  const one = (way: string, what: string, unit: string, facts: typeof real | typeof more = more) =>
    row({ ...facts, name: `${name}, ${way}: ${what}`, unit }, turns.of(way, what));
  const speedUp = (way: string, beside: string): Row =>
    ratio(
      { ...more, name: `${name}, ${way}: times as fast as plain` },
      turns.of(beside, "decode"),
      turns.of(way, "decode"),
    );
  return {
    rows: [
      ...ways.flatMap((draft) => {
        const way = nameOf(draft);
        return [
          one(plainOf(draft), "decode", "ms/token", real),
          one(way, "decode", "ms/token", real),
          speedUp(way, plainOf(draft)),
          one(way, "tokens a lap", ""),
          one(way, "rows a frame", "rows"),
          one(way, "guesses that held", "%"),
        ];
      }),
      one(PLAIN_LIST, "decode", "ms/token", real),
      one(POINTS, "decode", "ms/token", real),
      speedUp(POINTS, PLAIN_LIST),
    ],
    floor: turns.floor,
    notes: [
      `${name}: ${[...points].join(" or ")} points of at most ${POINT_TOKENS} tokens at once, without guesses, from the first of them to the last.`,
    ],
  };
}

/** Rejects where the text is not the plain one. */
function guessed(answer: HarnessAnswer, plain: HarnessAnswer): Measured {
  const { output, timings, ids } = answer.finished;
  if (output.join() !== plain.finished.output.join()) throw new Error("guessing ahead changed the answer's tokens");
  const { accepted = 0, drafted = 0 } = timings.counts ?? {};
  // The prompt's chunks are no frames that the scheduler chose by what rows cost.
  const sent = answer.laps.filter(({ cached }) => cached >= ids.length);
  return {
    decode: decodeMsPerToken(answer),
    "tokens a lap": output.length / timings.laps,
    "rows a frame": sent.reduce((sum, { rows }) => sum + rows, 0) / Math.max(1, sent.length),
    "guesses that held": (100 * accepted) / Math.max(1, drafted),
  };
}

/** The points of one answer; as often as one is written, all are. */
async function pointByPoint({ room }: BenchRing): Promise<{ readonly measured: Measured; readonly count: number }> {
  const { finished } = await room.ask({
    id: crypto.randomUUID(),
    conversation: crypto.randomUUID(),
    prompt: { kind: "chat", messages: [{ role: "user", content: LIST }] },
    maxTokens: 5 * POINT_TOKENS,
    policy: GREEDY,
    stop: [],
    decoding: PLAINLY,
    outline: "on",
  });
  const { branches = [], output, timings } = finished;
  if (branches.length === 0) throw new Error("the model wrote no outline");
  return { measured: { decode: timings.decodeMs / (output.length - branches.length) }, count: branches.length };
}
