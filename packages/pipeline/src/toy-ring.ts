/**
 * For tests: coordinator and stage loops against each other over a toy model. Every stage mixes a row with all its ancestors' rows by integer
 * hashing, so that a wrong slot, parent, order or a missing row changes the text. Links, runs, verdicts and drafters that take their time are
 * queues, delivered in seeded random order.
 */
import {
  BEST_ONLY,
  chooseToken,
  ROOT,
  SlotLists,
  type Activations,
  type CacheCommand,
  type Frame,
  type FrameNumber,
  type RowScore,
  type RowTable,
  type ScorePolicy,
} from "@jupiter/protocol";
import { Coordinator } from "./coordinator.ts";
import type { Draft, Drafter } from "./drafter.ts";
import type { CoordinatorEffect, CoordinatorEvent, Finish, GenerateRequest, Ring, Timings } from "./requests.ts";
import { GREEDY } from "./sampling.ts";
import { seededUniform } from "./seeded-uniform.ts";
import { StageLoop, type StageEffect, type StageEvent } from "./stage-loop.ts";

const EOS = 5;
/** Ids are below this, unless a ring is given fewer. */
export const V = 97;
/** Of the five ids that the toy head finds best, whatever they are. */
export const SHARES = [0.4, 0.25, 0.15, 0.12, 0.08];

export function mix(a: number, b: number): number {
  let z = (Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 7, 0x85ebca6b)) | 0;
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z >>> 0) % 1_000_003;
}

function toyForward(salt: number, inputs: readonly number[]): number {
  return inputs.reduce((state, x, i) => mix(state + i, x), salt);
}

function toyScore(x: number, row: number, policy: ScorePolicy, vocabulary: number): RowScore {
  const best = SHARES.map((share, i) => ({ id: (x + i) % vocabulary, logProb: Math.log(share) }));
  const asked = policy.askIds.map((asked) => best.find(({ id }) => id === asked)?.logProb ?? -30);
  return { row, chosen: chooseToken(best, policy), best, asked, entropy: 1 };
}

/** The hidden state of the last of `tokens` after all stages. */
function toyHidden(stages: number, tokens: readonly number[]): number {
  let column = [...tokens];
  for (let s = 0; s < stages; s++) column = column.map((_, i) => toyForward(s, column.slice(0, i + 1)));
  return column.at(-1) ?? 0;
}

/** What the model says after `tokens`, greedily. */
function toyNext(stages: number, tokens: readonly number[], vocabulary = V): number {
  return toyHidden(stages, tokens) % vocabulary;
}

/** The text that one device would produce. `eos` -1: nothing ends it. */
export function toyAnswer(
  stages: number,
  prompt: readonly number[],
  maxTokens: number,
  {
    vocabulary = V,
    policy = GREEDY,
    eos = EOS,
  }: { vocabulary?: number; policy?: GenerateRequest["policy"]; eos?: number } = {},
): number[] {
  const tokens = [...prompt];
  while (tokens.length < prompt.length + maxTokens) {
    const random = seededUniform(policy.seed, tokens.length - prompt.length);
    const { chosen } = toyScore(toyHidden(stages, tokens), 0, { ...policy, random, askIds: [] }, vocabulary);
    tokens.push(chosen);
    if (chosen === eos) break;
  }
  return tokens.slice(prompt.length);
}

class ToyStage {
  readonly #salt: number;
  readonly #capacity: number;
  readonly #lists = new SlotLists();
  readonly #inputs = new Map<number, number[]>();
  forwards = 0;
  rows = 0;

  constructor(salt: number, capacity: number) {
    this.#salt = salt;
    this.#capacity = capacity;
  }

  forward(x: Activations, rows: RowTable): Activations {
    this.forwards++;
    this.rows += x.rows;
    const list = this.#append(rows);
    const inputs = this.#inputs.get(rows.arena) ?? [];
    this.#inputs.set(rows.arena, inputs);
    x.data.forEach((value, i) => (inputs[rows.base + i] = value));
    const data = Float32Array.from(x.data, (_, i) => {
      const path: number[] = [];
      for (let slot = rows.base + i; slot !== ROOT; slot = list.parentAt(slot)) {
        if (path.length !== 0 && list.positionAt(slot) !== rows.positions[i]! - path.length)
          throw new Error(`slot ${slot} is an ancestor at the wrong position`);
        path.unshift(inputs[slot] ?? NaN);
      }
      return toyForward(this.#salt, path);
    });
    return { wire: "f32", rows: x.rows, hidden: 1, data };
  }

  skip(rows: RowTable): void {
    this.#append(rows);
    const inputs = this.#inputs.get(rows.arena) ?? [];
    this.#inputs.set(rows.arena, inputs);
    // What a dead frame leaves in the slots must never be read.
    rows.parents.forEach((_, i) => (inputs[rows.base + i] = 31_337));
  }

  apply(command: CacheCommand): void {
    const inputs = "arena" in command ? this.#inputs.get(command.arena) : undefined;
    if (command.kind === "keep" && inputs !== undefined)
      command.slots.forEach((slot, i) => (inputs[command.base + i] = inputs[slot] ?? NaN));
    this.#lists.apply(command);
    if (command.kind === "free") this.#inputs.delete(command.arena);
  }

  /** Parents and positions by arena, as text. */
  get slots(): ReadonlyMap<number, string> {
    return new Map(
      [...this.#inputs.keys()].map((arena) => {
        const list = this.#lists.tryGet(arena);
        const slots = Array.from(
          { length: list?.length ?? 0 },
          (_, i) => `${list?.parentAt(i)}@${list?.positionAt(i)}`,
        );
        return [arena, slots.join(" ")];
      }),
    );
  }

  #append(rows: RowTable) {
    const list = this.#lists.append(rows);
    if (list.length > this.#capacity) throw new Error(`${list.length} slots of ${this.#capacity} promised`);
    return list;
  }
}

export interface ToyAnswer {
  readonly tokens: number[];
  /** Of those tokens. */
  readonly logProbs: number[];
  finish: Finish | null;
  timings: Timings | null;
}

export interface ToyOptions extends Partial<Ring> {
  readonly drafters?: readonly Drafter[];
  readonly vocabulary?: number;
}

/** Each further row takes a third of the first: wide frames pay. */
const toyCost = (rows: number): number => 1 + (rows - 1) / 3;

export class ToyRing {
  readonly coordinator: Coordinator;
  readonly answers = new Map<string, ToyAnswer>();
  readonly stages: ToyStage[];
  readonly #drafters: readonly Drafter[];
  readonly #vocabulary: number;
  readonly #loops: StageLoop[];
  /** Queue `i` feeds stage `i`; the last feeds the host. Control messages go past them. */
  readonly #queues: Frame[][];
  readonly #control: (readonly FrameNumber[])[][];
  /** What a stage's shell will tell its loop, at its own time. */
  readonly #soon: StageEvent[][];
  /** What the head, slow drafters and timers will tell the host. */
  readonly #later: Record<"head" | "drafters" | "wakes", CoordinatorEvent[]> = { head: [], drafters: [], wakes: [] };
  readonly #random: () => number;
  maxInFlightSeen = 0;
  nowMs = 0;

  constructor(stages: number, seed: number, { drafters = [], vocabulary = V, ...ring }: ToyOptions = {}) {
    const capacity = ring.capacity ?? 200;
    this.coordinator = new Coordinator(drafters);
    this.#drafters = drafters;
    this.#vocabulary = vocabulary;
    this.stages = Array.from({ length: stages }, (_, s) => new ToyStage(s, capacity));
    const scores = ring.headOnLast !== undefined;
    this.#loops = this.stages.map((_, index) => new StageLoop({ index, last: index === stages - 1, epoch: 3, scores }));
    this.#queues = Array.from({ length: stages + 1 }, () => []);
    this.#control = this.stages.map(() => []);
    this.#soon = this.stages.map(() => []);
    let step = 0;
    this.#random = () => seededUniform(seed, step++);
    this.tell({
      kind: "ring-ready",
      ring: { epoch: 3, chunkRows: () => 4, maxInFlight: 3, capacity, arenas: 4, stages, costOf: toyCost, ...ring },
    });
  }

  tell(event: CoordinatorEvent): void {
    for (const effect of this.coordinator.handle(event, this.nowMs)) this.#host(effect);
    this.maxInFlightSeen = Math.max(this.maxInFlightSeen, this.coordinator.framesInFlight);
  }

  ask(id: string, ids: readonly number[], more: Partial<GenerateRequest> = {}): void {
    this.answers.set(id, { tokens: [], logProbs: [], finish: null, timings: null });
    const request = {
      id,
      conversation: "one",
      ids: Int32Array.from(ids),
      maxTokens: 12,
      policy: GREEDY,
      stopIds: [EOS],
      ...more,
    };
    this.tell({ kind: "submit", request });
  }

  /** Delivers one message of a random link; false when nothing is on its way. */
  step(): boolean {
    this.nowMs++;
    const ready: (() => void)[] = [];
    this.#loops.forEach((_, s) => {
      const soon = this.#soon[s];
      if (soon?.length) ready.push(() => this.#stage(s, soon.shift()));
      const cancel = this.#control[s];
      if (cancel?.length) ready.push(() => this.#stage(s, { kind: "cancel", frames: cancel.shift() ?? [] }));
      const queue = this.#queues[s];
      if (queue?.length) ready.push(() => this.#deliver(s, queue.shift()));
    });
    const home = this.#queues.at(-1);
    if (home?.length) ready.push(() => this.#home(home.shift()));
    for (const events of Object.values(this.#later)) if (events.length) ready.push(() => this.#tellNext(events));
    const chosen = ready[Math.floor(this.#random() * ready.length)];
    chosen?.();
    return chosen !== undefined;
  }

  run(): this {
    for (let i = 0; this.step(); i++) if (i > 1e5) throw new Error("the ring never comes to rest");
    return this;
  }

  #tellNext(events: CoordinatorEvent[]): void {
    const event = events.shift();
    if (event !== undefined) this.tell(event);
  }

  #deliver(s: number, frame: Frame | undefined): void {
    if (frame?.kind === "rows" || frame?.kind === "commands") this.#stage(s, { kind: "frame", frame });
  }

  #stage(s: number, event: StageEvent | undefined): void {
    if (event === undefined) return;
    for (const effect of this.#loops[s]?.handle(event, this.nowMs) ?? []) this.#carryOut(s, effect);
  }

  #carryOut(s: number, effect: StageEffect): void {
    const stage = this.stages[s];
    if (effect.kind === "turn") this.#soon[s]?.push({ kind: "turn" });
    else if (effect.kind === "apply") stage?.apply(effect.command);
    else if (effect.kind === "skip") stage?.skip(effect.rows);
    else if (effect.kind === "pass") this.#queues[s + 1]?.push(effect.frame);
    else if (effect.kind === "score") {
      const scores = Array.from(effect.activations.data, (x, row) => toyScore(x, row, BEST_ONLY, this.#vocabulary));
      this.#soon[s]?.push({ kind: "scored", scores, headUs: 1 });
    } else if (stage) {
      const activations = stage.forward(effect.activations, effect.rows);
      this.#soon[s]?.push({ kind: "forwarded", activations, computeUs: 1 });
    }
  }

  #home(frame: Frame | undefined): void {
    if (frame?.kind === "ack") this.tell({ kind: "acknowledged", frame: frame.frame });
    if (frame?.kind === "scores") this.tell({ kind: "told", frame: frame.frame, scores: frame.scores });
    if (frame?.kind === "return") this.tell({ kind: "returned", frame: frame.frame, activations: frame.activations });
  }

  #host(effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "send": {
        const { kind: _, tokenIds, drafts: __, ...head } = effect;
        const data = Float32Array.from(tokenIds);
        const activations: Activations = { wire: "f32", rows: tokenIds.length, hidden: 1, data };
        this.#queues[0]?.push({ kind: "rows", ...head, times: [], dead: false, activations });
        return;
      }
      case "score": {
        const { activations, policies, frame } = effect;
        if (policies.length === 0) throw new Error("the head was asked to score no rows");
        const scores = policies.map((policy, row) =>
          toyScore(activations.data[row] ?? NaN, row, policy, this.#vocabulary),
        );
        this.#later.head.push({ kind: "scored", frame, scores });
        return;
      }
      case "cancel-frames":
        for (const control of this.#control) control.push(effect.frames);
        return;
      case "turn":
        this.tell(effect);
        return;
      case "wake":
        this.#later.wakes.push({ kind: "woken" });
        return;
      case "draft":
        this.#draft(effect);
        return;
      case "abandon-drafts":
        return;
      case "forget-branch":
        for (const drafter of this.#drafters) drafter.forget(effect.branch);
        return;
      case "token":
        this.answers.get(effect.id)?.tokens.push(effect.token);
        this.answers.get(effect.id)?.logProbs.push(effect.logProb);
        return;
      case "finished": {
        const answer = this.answers.get(effect.id);
        if (!answer || answer.finish !== null) throw new Error(`${effect.id} ended twice`);
        if (effect.output.join() !== answer.tokens.join()) throw new Error(`${effect.id}: output is not what was told`);
        answer.finish = effect.finish;
        answer.timings = effect.timings;
        return;
      }
      default:
        effect satisfies never;
    }
  }

  #draft({ ask, drafter: name, views, budget }: Extract<CoordinatorEffect, { kind: "draft" }>): void {
    const drafter = this.#drafters.find((candidate) => candidate.name === name);
    const drafts = drafter?.extend(views, budget, { signal: new AbortController().signal }) ?? [];
    if (drafts instanceof Promise) throw new Error("toy drafters answer at once; `slow` ones are told of later");
    const event = { kind: "drafted", ask, drafts } as const;
    if (drafter instanceof ToyDrafter && drafter.slow) this.#later.drafters.push(event);
    else this.tell(event);
  }
}

/** Knows the model: proposes small trees of which about `acceptance` holds, and claims whatever it likes. */
export class ToyDrafter implements Drafter {
  readonly name: string;
  readonly slow: boolean;
  readonly isInstant: boolean;
  readonly #stages: number;
  readonly #acceptance: number;
  readonly #vocabulary: number;
  readonly #claim: number | null;
  readonly #random: () => number;
  readonly known = new Set<string>();

  constructor(
    stages: number,
    options: {
      acceptance: number;
      seed: number;
      name?: string;
      slow?: boolean;
      vocabulary?: number;
      /** Null: random ones. */
      claim?: number | null;
    },
  ) {
    let step = 0;
    this.name = options.name ?? "toy";
    this.slow = options.slow ?? false;
    this.isInstant = !this.slow;
    this.#stages = stages;
    this.#acceptance = options.acceptance;
    this.#vocabulary = options.vocabulary ?? V;
    this.#claim = options.claim === undefined ? options.acceptance : options.claim;
    this.#random = () => seededUniform(options.seed, step++);
  }

  extend(views: Parameters<Drafter["extend"]>[0], budget: number): readonly Draft[] {
    const drafts: Draft[] = [];
    views.forEach(({ branch, certain, drafted }, view) => {
      this.known.add(branch);
      const tokens = [...certain, ...drafted];
      let after = -1;
      for (let i = 0; i < budget; i++) {
        const right = toyNext(this.#stages, tokens, this.#vocabulary);
        const token = this.#random() < this.#acceptance ? right : Math.floor(this.#random() * this.#vocabulary);
        const probability = this.#claim ?? Math.max(0.01, this.#random());
        drafts.push({ view, after, token, probability });
        // A sibling now and then.
        if (this.#random() < 0.3)
          drafts.push({ view, after, token: (token + 1) % this.#vocabulary, probability: probability / 2 });
        after = drafts.findLastIndex((draft) => draft.view === view && draft.token === token);
        tokens.push(token);
      }
    });
    return drafts;
  }

  forget(branch: string): void {
    this.known.delete(branch);
  }
}
