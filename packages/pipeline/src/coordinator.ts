/**
 * The host's side of the ring, as a state machine: events in, effects out, no I/O, no clock but `nowMs`. Tabs, tests and the simulator drive
 * this very code.
 *
 * A conversation lies in an arena, alone or with others; every request that runs is a line in it (`line.ts`): certain rows, below them drafted ones. Verdicts make lines
 * longer and refute drafts; `turn` decides what is sent: certain rows of answers first, then prompts' chunks, then drafts that pay.
 *
 * Invariants:
 * 1. frame numbers rise by one over the life of the coordinator and are never reused;
 * 2. a conversation runs one request at a time, or those that are to run beside one another; others wait in the order they came;
 * 3. a conversation's trunk holds rows that are certainly computed: of frames that came back;
 * 4. a frame is cancelled if and only if all of its rows are dead before it is back, so a live row is always computed;
 * 5. verdicts are wanted of tips and drafts only; each adds one token to the line, or none if it came for nothing;
 * 6. a request ends once, with one `finished`, and no token after it.
 */
import type { Activations, FrameNumber, RowScore } from "@jupiter/protocol";
import type { Arena } from "./arena.ts";
import { Conversations } from "./conversations.ts";
import { PLAIN } from "./decoding.ts";
import { Drafting, type NamedDrafter } from "./drafting.ts";
import { FramesInFlight } from "./frames-in-flight.ts";
import { Line, longestOf, noTimings } from "./line.ts";
import { pickRows } from "./pick-rows.ts";
import type {
  ConversationId,
  CoordinatorEffect,
  CoordinatorEvent,
  Finish,
  GenerateRequest,
  RequestId,
  Ring,
} from "./requests.ts";
import { chargeDrafts, LIKELY } from "./balance.ts";
import { Pace } from "./pace.ts";
import type { Row } from "./row.ts";
import { chooseRows, draftsPayFrom } from "./scheduler.ts";
import { chooseFrom, holds, idsToAsk, nextToken, policyFor, tokenEffect } from "./verdicts.ts";

interface Waiting {
  readonly request: GenerateRequest;
  readonly submittedMs: number;
}

export class Coordinator {
  readonly #drafters: readonly NamedDrafter[];
  readonly #conversations = new Conversations();
  readonly #drafting: Drafting;
  readonly #frames = new FramesInFlight();
  #pace = new Pace();
  #ring: Ring | null = null;
  #waiting: Waiting[] = [];
  /** In the order of their last frame: the first has waited longest. */
  #lines: Line[] = [];
  #turnAsked = false;

  /** `drafters`: those that can be asked. */
  constructor(drafters: readonly NamedDrafter[] = []) {
    this.#drafters = drafters;
    this.#drafting = new Drafting(drafters);
  }

  /** Requests that have not ended. */
  get pending(): number {
    return this.#waiting.length + this.#lines.length;
  }

  /** Frames whose verdict counts. */
  get framesInFlight(): number {
    return this.#frames.count;
  }

  /** In the stages' caches; 0 when every conversation is closed. */
  get slots(): number {
    return this.#conversations.slots;
  }

  /** Effects are to be carried out in order. */
  handle(event: CoordinatorEvent, nowMs: number): CoordinatorEffect[] {
    if (event.kind === "turn") {
      this.#turnAsked = false;
      return this.#turn(nowMs);
    }
    return [...this.#react(event, nowMs), ...this.#askTurn()];
  }

  #react(event: Exclude<CoordinatorEvent, { kind: "turn" }>, nowMs: number): CoordinatorEffect[] {
    switch (event.kind) {
      case "submit":
        this.#waiting.push({ request: event.request, submittedMs: nowMs });
        return [];
      case "cancel":
        return this.#end(event.id, "cancelled", null, nowMs);
      case "stop":
        return this.#end(event.id, "stop", null, nowMs);
      case "ring-ready":
        this.#ring = event.ring;
        this.#drafting.ringChanged();
        this.#pace = new Pace();
        return [];
      case "ring-lost":
        return this.#lose(event.reason, nowMs);
      case "returned":
        return this.#returned(event.frame, event.activations);
      case "told":
        return this.#told(event.frame, event.scores, nowMs);
      case "acknowledged":
        this.#frames.done(event.frame);
        return [];
      case "scored":
        return this.#scored(event.frame, event.scores, nowMs);
      case "drafted":
        this.#drafting.drafted(event.ask, event.drafts);
        return [];
      case "woken":
        this.#pace.woken();
        return [];
      case "close-conversation":
        return this.#close(event.conversation, nowMs);
      default:
        return event satisfies never;
    }
  }

  #askTurn(): CoordinatorEffect[] {
    if (this.#turnAsked) return [];
    this.#turnAsked = true;
    return [{ kind: "turn" }];
  }

  /** Starts what can start and fills the ring. Drafters that answer at once are heard before the next frame is decided, others asked when it has left. */
  #turn(nowMs: number): CoordinatorEffect[] {
    const ring = this.#ring;
    if (ring === null) return [];
    const effects = this.#startWaiting(ring);
    for (;;) {
      const questions = this.#drafting.ask("instant", this.#lines);
      if (questions.length > 0) return [...effects, ...questions, ...this.#askTurn()];
      const send = this.#nextFrame(ring, nowMs);
      if (send !== null) effects.push(send);
      const cut = send === null ? this.#cutWhereFull(ring, nowMs) : [];
      if (send === null && cut.length === 0)
        return [...effects, ...this.#wake(nowMs), ...this.#drafting.ask("slow", this.#lines)];
      effects.push(...cut);
    }
  }

  #startWaiting(ring: Ring): CoordinatorEffect[] {
    const effects: CoordinatorEffect[] = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    /** Conversations whose first request in the queue waits. */
    const blocked = new Set<ConversationId>();
    for (const { request, submittedMs } of waiting) {
      const { id, ids } = request;
      const problem = startProblem(request, ring);
      if (problem !== null) {
        const timings = noTimings(ids.length);
        effects.push({ kind: "finished", id, finish: "failed", reason: problem, output: [], timings });
        continue;
      }
      const running = this.#lines.filter((line) => line.conversation.id === request.conversation);
      const isFree = running.every(({ request: { beside } }) => beside !== undefined && beside === request.beside);
      const mayStart = isFree && !blocked.has(request.conversation);
      const conversation = mayStart ? this.#open(request, ring, blocked) : null;
      if (conversation === null) {
        blocked.add(request.conversation);
        this.#waiting.push({ request, submittedMs });
        continue;
      }
      const decoding = request.decoding ?? ring.decoding ?? PLAIN;
      this.#lines.push(new Line(request, conversation, { decoding, capacity: ring.capacity, submittedMs }));
      this.#conversations.keep(conversation, []);
    }
    return effects;
  }

  /** Null: there is no room now. */
  #open(request: GenerateRequest, { arenas, stages = 1, capacity }: Ring, blocked: ReadonlySet<ConversationId>) {
    const running = new Set(this.#lines.map(({ conversation }) => conversation.id));
    return this.#conversations.open(request.conversation, {
      arenas,
      // Two answers a frame fill a ring better than two frames; half as many arenas as stages keep all stages busy.
      shareFrom: Math.max(1, stages >> 1),
      busy: new Set([...running, ...blocked]),
      running,
      fits: (arena) =>
        this.#linesIn(arena).reduce((sum, { longest }) => sum + longest, longestOf(request, capacity)) <= capacity,
    });
  }

  #linesIn(arena: Arena): readonly Line[] {
    return this.#lines.filter(({ conversation }) => conversation.arena === arena);
  }

  /** What is certain goes before guesses, whoever's it is; drafts that pay ride along with certain rows. */
  #nextFrame(ring: Ring, nowMs: number): CoordinatorEffect | null {
    const decoding = this.#lines.filter((line) => line.decodes);
    const waiting = decoding.filter(({ tip }) => tip.slot === null);
    return (
      this.#nextRows(ring, nowMs, decoding, waiting) ??
      this.#nextChunk(ring, nowMs) ??
      this.#nextGuesses(ring, nowMs, decoding)
    );
  }

  /** A frame of guesses alone, once the slowest stage has nothing to do: before, it would only wait, while verdicts and better guesses come. */
  #nextGuesses(ring: Ring, nowMs: number, decoding: readonly Line[]): CoordinatorEffect | null {
    return this.#pace.freeAtMs(nowMs) > nowMs ? null : this.#nextRows(ring, nowMs, decoding, decoding);
  }

  #wake(nowMs: number): CoordinatorEffect[] {
    if (this.#lines.every(({ decoding }) => decoding.rows === 1)) return [];
    const atMs = this.#pace.wakeAtMs(nowMs);
    return atMs === null ? [] : [{ kind: "wake", atMs }];
  }

  /** A frame for answers, of the first arena of `turns` that has one to send. */
  #nextRows(ring: Ring, nowMs: number, decoding: readonly Line[], turns: readonly Line[]): CoordinatorEffect | null {
    const { stages = 1, costOf } = ring;
    const isBusy = this.#frames.ofAnswers() >= stages;
    for (const arena of new Set(turns.map(({ conversation }) => conversation.arena))) {
      const lines = decoding.filter(({ conversation }) => conversation.arena === arena);
      if (isBusy && lines.length > 1) continue; // rows that wait share the next frame
      const rows = chooseRows(lines, {
        mayDraft: (line) => line.decoding.windows > this.#frames.ofLine(line),
        probabilityOf: this.#drafting.probabilityOf,
        costOf,
        draftFrom: (line) => line.balance.draftsFrom(line.answered),
        framesFrom: (draft) => (this.#drafting.isAwaited(draft) ? LIKELY : draftsPayFrom(stages)),
        room: this.#makeRoom(ring, arena, lines.length),
      });
      if (rows.length === 0) continue;
      chargeDrafts(rows, costOf, stages);
      return this.#send(ring, arena, rows, null, nowMs);
    }
    return null;
  }

  #nextChunk(ring: Ring, nowMs: number): CoordinatorEffect | null {
    for (const line of this.#lines) {
      if (line.decodes || this.#frames.ofChunks(line) >= ring.maxInFlight) continue;
      const unsent = line.unsent();
      const [first] = unsent;
      if (first === undefined) continue;
      const T = unsent.length === 1 ? 1 : Math.floor(ring.chunkRows(unsent.length, first.position));
      const room = this.#makeRoom(ring, line.conversation.arena, Math.max(1, T));
      const rows = unsent.slice(0, Math.min(room, Math.max(1, T)));
      if (rows.length === 0) continue;
      return this.#send(ring, line.conversation.arena, rows, line, nowMs);
    }
    return null;
  }

  /** Lines side by side can fill an arena together. When none of them can go on, the youngest ends where it is. */
  #cutWhereFull(ring: Ring, nowMs: number): CoordinatorEffect[] {
    for (const line of this.#lines.toReversed()) {
      const { arena } = line.conversation;
      const isStuck = this.#linesIn(arena).every((other) => other.unsent().length > 0 && !this.#frames.anyOf(other));
      if (isStuck && arena.end >= ring.capacity) return this.#end(line.request.id, "length", null, nowMs);
    }
    return [];
  }

  #makeRoom({ capacity }: Ring, arena: Arena, rows: number): number {
    const isRunning = (id: ConversationId) => this.#lines.some(({ conversation }) => conversation.id === id);
    return this.#conversations.makeRoom(arena, rows, capacity, isRunning);
  }

  #send(ring: Ring, arena: Arena, rows: readonly Row[], chunkOf: Line | null, nowMs: number): CoordinatorEffect {
    const commands = this.#conversations.takeCommands();
    const { effect, lines } = this.#frames.send(ring, arena, rows, chunkOf);
    for (const line of lines) {
      line.firstSentMs ??= nowMs;
      line.frames++;
    }
    this.#lines = [...this.#lines.filter((line) => !lines.has(line)), ...lines];
    this.#pace.sent(effect.frame, nowMs, ring.stageMsOf?.(rows.length) ?? 0);
    return { ...effect, commands };
  }

  #returned(frame: FrameNumber, activations: Activations): CoordinatorEffect[] {
    const wanted = this.#frames.returned(frame);
    if (wanted.length === 0) return []; // refuted on its way
    const live = wanted.flatMap(({ live }, i) => (live ? [i] : []));
    const rows = wanted.filter((row) => row.live);
    if (rows.length === 0) {
      // Other rows of the frame are in somebody's list; whom it was to be scored for was stopped.
      this.#frames.done(frame);
      return [];
    }
    for (const row of rows) row.askIds = idsToAsk(row);
    this.#frames.scoring(frame, rows);
    return [
      {
        kind: "score",
        frame,
        activations: pickRows(activations, live),
        policies: rows.map((row) => policyFor(row, this.#drafting.wantsGuesses(row))),
      },
    ];
  }

  /** Whoever scored told of the best tokens only; the choice among them is made here. */
  #told(frame: FrameNumber, scores: readonly RowScore[], nowMs: number): CoordinatorEffect[] {
    const rows = this.#frames.returned(frame);
    const chosen = scores.map((score, i) => {
      const row = rows[i];
      return row === undefined || !row.live ? score : chooseFrom(score, row);
    });
    return this.#scored(frame, chosen, nowMs);
  }

  #scored(frame: FrameNumber, scores: readonly RowScore[], nowMs: number): CoordinatorEffect[] {
    const rows = this.#frames.scored(frame);
    rows.forEach((row, i) => (row.score = scores[i] ?? null));
    const lines = new Set(rows.flatMap(({ owner, live }) => (owner !== null && live ? [owner] : [])));
    return [...lines].flatMap((line) => {
      line.laps = Math.max(line.laps, ...rows.filter(({ owner }) => owner === line).map(({ lap }) => lap));
      return this.#advance(line, nowMs);
    });
  }

  /** Follows the verdicts as far as they go. */
  #advance(line: Line, nowMs: number): CoordinatorEffect[] {
    const effects: CoordinatorEffect[] = [];
    const { request, answered, lastTokenMs } = line;
    const isTimed = line.decodes && this.#lines.length === 1;
    for (let { tip } = line; !line.over && tip.score !== null; { tip } = line) {
      const token = nextToken(line, tip.score);
      effects.push(tokenEffect(request.id, token, tip));
      const { guesses = [] } = tip.score;
      this.#drafting.judge(line, tip, (draft) => holds(line, draft, token));
      tip.score = null;
      line.follow(token);
      this.#drafting.foretell(line, guesses);
      line.firstTokenMs ??= nowMs;
      line.lastTokenMs = nowMs;
      if (request.stopIds.includes(token)) effects.push(...this.#end(request.id, "stop", null, nowMs));
      else if (line.tokens.length >= line.longest) effects.push(...this.#end(request.id, "length", null, nowMs));
    }
    if (isTimed) this.#drafting.observe(line, line.answered - answered, nowMs - lastTokenMs);
    return line.over ? effects : [...effects, ...this.#refute(nowMs)];
  }

  /** Ends a request wherever it is. Frames on their way for nothing are refuted; their slots count as not computed. */
  #end(id: RequestId, finish: Finish, reason: string | null, nowMs: number): CoordinatorEffect[] {
    const queued = this.#waiting.find(({ request }) => request.id === id);
    if (queued !== undefined) {
      this.#waiting = this.#waiting.filter((other) => other !== queued);
      const timings = noTimings(queued.request.ids.length);
      return [{ kind: "finished", id, finish, reason, output: [], timings }];
    }
    const line = this.#lines.find(({ request }) => request.id === id);
    if (line === undefined) return [];
    this.#lines = this.#lines.filter((other) => other !== line);
    const uncomputed = line.path.findIndex(({ slot, frame }) => slot === null || this.#frames.has(frame));
    this.#conversations.keep(line.conversation, uncomputed < 0 ? line.path : line.path.slice(0, uncomputed));
    line.end();
    const refuted = this.#refute(nowMs);
    const output = line.tokens.slice(line.request.ids.length);
    return [
      ...refuted,
      { kind: "finished", id, finish, reason, output, timings: line.timings(this.#drafters.map(({ name }) => name)) },
      { kind: "forget-branch", branch: id },
    ];
  }

  /** After rows have died: what is on its way or asked for them alone is called back. */
  #refute(nowMs: number): CoordinatorEffect[] {
    const frames = this.#frames.refute();
    this.#pace.refuted(frames, nowMs);
    const effects = this.#drafting.abandonStale();
    return frames.length === 0 ? effects : [{ kind: "cancel-frames", frames }, ...effects];
  }

  #lose(reason: string, nowMs: number): CoordinatorEffect[] {
    this.#ring = null;
    const effects = this.#lines.flatMap(({ request }) => this.#end(request.id, "failed", reason, nowMs));
    this.#frames.clear();
    this.#conversations.clear();
    return effects.filter(({ kind }) => kind !== "cancel-frames");
  }

  #close(id: ConversationId, nowMs: number): CoordinatorEffect[] {
    const own = [...this.#waiting, ...this.#lines]
      .map(({ request }) => request)
      .filter(({ conversation }) => conversation === id);
    const effects = own.flatMap((request) => this.#end(request.id, "cancelled", null, nowMs));
    this.#conversations.forget(id);
    return effects;
  }
}

function startProblem({ ids }: GenerateRequest, { capacity }: Ring): string | null {
  if (ids.length === 0) return "The prompt has no tokens.";
  if (ids.length < capacity) return null;
  return `The conversation has ${ids.length} tokens; the ring holds ${capacity}. Shorten the question, or begin a new conversation.`;
}
