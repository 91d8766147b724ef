/**
 * What a model says to questions, every part of an answer by points included, and what a smaller model would have guessed at each place of it: a trace, for
 * runs of models and devices that are not here.
 */
import { fileURLToPath } from "node:url";
import type { Tokenizer } from "@jupiter/model/tokenizer";
import { GREEDY } from "@jupiter/pipeline";
import type { OutlineStep } from "../../apps/web/src/engine/api.ts";
import { factsOf } from "../ring/model-facts.ts";
import { openRing, type OpenRing } from "../ring/open-ring.ts";
import { parse, Scenario, ScenarioError, type Prompt } from "../ring/scenario.ts";

export interface RecordOptions {
  readonly prompts: readonly Prompt[];
  /** Who answers. */
  readonly model: string;
  /** Who guesses: a model with the same tokens. */
  readonly draft: string;
  readonly say: (message: string) => void;
}

/** As `npm run ring` names it in its report, and the simulator in its order: router, outline, then the points by number. */
export type Part = "plain" | "router" | "outline" | `point ${number}`;

interface SaidPart {
  readonly question: string;
  readonly part: Part;
  /** Of `greedy`, special tokens left out. */
  readonly text: string;
  readonly promptIds: readonly number[];
  readonly greedy: readonly number[];
}

export interface RecordedPart extends SaidPart {
  readonly draftTop: readonly (readonly (readonly [id: number, logProb: number])[])[];
}

export interface RecordedTrace {
  readonly model: string;
  readonly draft: string;
  readonly stopIds: readonly number[];
  readonly cases: readonly RecordedPart[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Guesses that are kept of each place. */
const LIKELIEST = 8;
/** Of a text that is fed. */
const CHUNK_ROWS = 64;
const DIGITS = 4;

export async function recordTrace(options: RecordOptions): Promise<RecordedTrace> {
  const { model, draft, prompts } = options;
  const { tokenizer } = await factsOf(parse(Scenario, { model, prompts: [...prompts] }, "model"), root, options.say);
  if (tokenizer === null) throw new ScenarioError(`${model} has no tokenizer.`);
  const said = await answersOf(options, tokenizer);
  return { model, draft, stopIds: tokenizer.eosIds, cases: await withGuesses(said, options) };
}

/** Greedy, plainly decoded, by the host alone: the text is the same in any ring. */
async function answersOf({ model, prompts, say }: RecordOptions, tokenizer: Tokenizer): Promise<readonly SaidPart[]> {
  await using ring = await openRing({ model, tabs: 0, hostLayers: "all", strategy: "plain" });
  const parts: SaidPart[] = [];
  for (const prompt of prompts) {
    const add = (part: Part, { ids, output }: Pick<OutlineStep, "ids" | "output">) =>
      parts.push({
        question: prompt.id,
        part,
        text: tokenizer.decode(output),
        promptIds: ids,
        greedy: output,
      });
    const free = await ask(ring, prompt, "auto");
    const router = free.steps?.find(({ name }) => name === "router");
    const plain = free.branches === undefined ? free : await ask(ring, prompt, "off");
    add("plain", plain);
    say(`${prompt.id}, ${plain.ids.length} tokens: ${plain.text}`);
    // Vetoed: nobody would ask for points.
    if (router === undefined) continue;
    add("router", router);
    const byPoints = free.branches === undefined ? await ask(ring, prompt, "on") : free;
    const outline = byPoints.steps?.find(({ name }) => name === "outline");
    if (outline === undefined || byPoints.branches === undefined)
      throw new ScenarioError(`${prompt.id}: what the model wrote as an outline has no points. Ask another question.`);
    add("outline", outline);
    for (const branch of byPoints.branches) add(`point ${branch.number}`, branch);
    say(`${prompt.id}, router ${tokenizer.decode(router.output)}, by points: ${byPoints.text}`);
  }
  return parts;
}

async function ask({ room }: OpenRing, { id, messages, tokens = 64 }: Prompt, outline: Scenario["outline"]) {
  if (messages === undefined) throw new ScenarioError(`${id}: a question is recorded that is given as messages.`);
  const { finished } = await room.ask({
    id: crypto.randomUUID(),
    conversation: crypto.randomUUID(),
    prompt: { kind: "chat", messages },
    maxTokens: tokens,
    policy: GREEDY,
    stop: [],
    outline,
  });
  return finished;
}

/** The texts are fed, and of each place of an answer the likeliest tokens read. */
async function withGuesses(said: readonly SaidPart[], { draft, say }: RecordOptions): Promise<readonly RecordedPart[]> {
  await using ring = await openRing({ model: draft, tabs: 0, hostLayers: "all", strategy: "plain" });
  const recorded: RecordedPart[] = [];
  let cached: readonly number[] = [];
  for (const part of said) {
    const { promptIds, greedy } = part;
    const text = [...promptIds, ...greedy.slice(0, -1)];
    const differs = text.findIndex((token, i) => token !== cached[i]);
    const from = Math.min(promptIds.length - 1, differs < 0 ? text.length : differs);
    const results = await ring.room.probe(framesOf(text, from, promptIds.length - 1));
    cached = text;
    const draftTop = results
      .flatMap(({ likeliest }) => likeliest)
      .map((top) => top.map(({ id, logProb }) => [id, Number(logProb.toFixed(DIGITS))] as const));
    const held = draftTop.filter(([best], i) => best?.[0] === greedy[i]).length;
    say(`${part.question}, ${part.part}: the best guess is right in ${held} of ${greedy.length} places`);
    recorded.push({ ...part, draftTop });
  }
  return recorded;
}

/** Of one arena, whose rows from `from` on each text writes over. From `asked` on every row is asked what follows it. */
function framesOf(text: readonly number[], from: number, asked: number) {
  const frames = (first: number, end: number, likeliest: number) =>
    Array.from({ length: Math.ceil((end - first) / CHUNK_ROWS) }, (_, i) => {
      const base = first + i * CHUNK_ROWS;
      const tokenIds = text.slice(base, Math.min(end, base + CHUNK_ROWS));
      const positions = tokenIds.map((__, row) => base + row);
      return { arena: 1, base, positions, parents: positions.map((at) => at - 1), tokenIds, refuted: false, likeliest };
    });
  return [...frames(from, asked, 0), ...frames(asked, text.length, LIKELIEST)];
}
