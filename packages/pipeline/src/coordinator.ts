/**
 * The host's side of the ring, as a state machine: events in, effects out, no I/O, no clock but `nowMs`. Tabs, tests and the simulator drive
 * this very code.
 *
 * Every conversation has an arena whose slots are the dialogue's tokens in order. A request is a list of certain tokens (prompt, then answer);
 * whatever of it was not sent yet is sent: in chunks while it is the prompt's, one row at a time while it is the answer's.
 *
 * Invariants:
 * 1. frame numbers rise by one over the life of the coordinator and are never reused;
 * 2. a conversation runs one request at a time, others wait in the order they came;
 * 3. `held` of a conversation lists the tokens whose slots are certainly computed: rows of cancelled frames are not among them;
 * 4. only the row of the last certain token is wanted back, and its verdict adds exactly one token;
 * 5. a request ends once, with one `finished`, and no token after it.
 */
import {
  ROOT,
  type ArenaId,
  type CacheCommand,
  type FrameNumber,
  type RowScore,
  type ScorePolicy,
} from "@jupiter/protocol";
import { seededUniform } from "./seeded-uniform.ts";
import type {
  CoordinatorEffect,
  CoordinatorEvent,
  ConversationId,
  Finish,
  GenerateRequest,
  RequestId,
  Ring,
  SentFrame,
} from "./requests.ts";

interface Conversation {
  readonly arena: ArenaId;
  held: readonly number[];
  usedAt: number;
}

/** A request that runs. */
interface Active {
  readonly request: GenerateRequest;
  readonly conversation: Conversation;
  /** Certain tokens: the prompt's, then the answer's. */
  readonly tokens: number[];
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly submittedMs: number;
  /** Tokens whose rows were sent. */
  sent: number;
  firstSentMs: number | null;
  firstTokenMs: number | null;
  lastTokenMs: number;
  laps: number;
}

interface Waiting {
  readonly request: GenerateRequest;
  readonly submittedMs: number;
}

export class Coordinator {
  #ring: Ring | null = null;
  #nextFrame: FrameNumber = 1;
  #nextArena: ArenaId = 1;
  #uses = 0;
  readonly #conversations = new Map<ConversationId, Conversation>();
  readonly #waiting: Waiting[] = [];
  /** In the order of their last frame: the first has waited longest. */
  #active: Active[] = [];
  readonly #frames = new Map<FrameNumber, SentFrame>();
  #commands: CacheCommand[] = [];

  /** Requests that have not ended. */
  get pending(): number {
    return this.#waiting.length + this.#active.length;
  }

  get framesInFlight(): number {
    return this.#frames.size;
  }

  /** Effects are to be carried out in order. */
  handle(event: CoordinatorEvent, nowMs: number): CoordinatorEffect[] {
    switch (event.kind) {
      case "submit":
        this.#waiting.push({ request: event.request, submittedMs: nowMs });
        return this.#pump(nowMs);
      case "cancel":
        return [...this.#end(event.id, "cancelled", null), ...this.#pump(nowMs)];
      case "stop":
        return [...this.#end(event.id, "stop", null), ...this.#pump(nowMs)];
      case "ring-ready":
        this.#ring = event.ring;
        return this.#pump(nowMs);
      case "ring-lost":
        return this.#lose(event.reason);
      case "returned":
        return this.#returned(event.frame, event.activations);
      case "acknowledged":
        this.#frames.delete(event.frame);
        return this.#pump(nowMs);
      case "scored":
        return [...this.#scored(event.frame, event.scores, nowMs), ...this.#pump(nowMs)];
      case "close-conversation":
        return this.#close(event.conversation, nowMs);
      default:
        return event satisfies never;
    }
  }

  /** Starts what can start, then fills the ring: certain single tokens first, then prompts, each in turn. */
  #pump(nowMs: number): CoordinatorEffect[] {
    const effects: CoordinatorEffect[] = [];
    this.#startWaiting(effects, nowMs);
    for (let sent = true; sent;) {
      const decoding = this.#active.find((a) => unsent(a) > 0 && a.firstTokenMs !== null);
      const next =
        decoding ?? this.#active.find((a) => unsent(a) > 0 && this.#inFlight(a) < (this.#ring?.maxInFlight ?? 0));
      sent = next !== undefined;
      if (next !== undefined) effects.push(this.#send(next, nowMs));
    }
    return effects;
  }

  #startWaiting(effects: CoordinatorEffect[], nowMs: number): void {
    const ring = this.#ring;
    if (ring === null) return;
    const busy = new Set(this.#active.map((a) => a.request.conversation));
    for (let i = 0; i < this.#waiting.length;) {
      const waiting = this.#waiting[i];
      if (waiting === undefined) return;
      const { request, submittedMs } = waiting;
      if (busy.has(request.conversation)) {
        i++;
        continue;
      }
      busy.add(request.conversation);
      const problem =
        request.ids.length === 0
          ? "The prompt has no tokens."
          : request.ids.length >= ring.capacity
            ? `The conversation has ${request.ids.length} tokens; the ring holds ${ring.capacity}. Start a new one, or choose a longer context.`
            : null;
      if (problem !== null) {
        this.#waiting.splice(i, 1);
        effects.push({
          kind: "finished",
          id: request.id,
          finish: "failed",
          reason: problem,
          output: [],
          timings: timingsOf(null, request, nowMs),
        });
        continue;
      }
      const conversation = this.#open(request.conversation, ring);
      if (conversation === null) return; // every arena is busy: the request waits
      this.#waiting.splice(i, 1);
      const reusedTokens = Math.min(commonPrefix(conversation.held, request.ids), request.ids.length - 1);
      conversation.held = conversation.held.slice(0, reusedTokens);
      this.#active.push({
        request,
        conversation,
        tokens: [...request.ids],
        promptTokens: request.ids.length,
        reusedTokens,
        submittedMs,
        sent: reusedTokens,
        firstSentMs: null,
        firstTokenMs: null,
        lastTokenMs: nowMs,
        laps: 0,
      });
    }
  }

  /** The conversation's arena; a new one may cost the longest unused conversation its cache. Null: all arenas are in use. */
  #open(id: ConversationId, ring: Ring): Conversation | null {
    const known = this.#conversations.get(id);
    if (known !== undefined) {
      known.usedAt = this.#uses++;
      return known;
    }
    if (this.#conversations.size >= ring.arenas) {
      const idle = [...this.#conversations].filter(
        ([other]) => !this.#active.some((a) => a.request.conversation === other),
      );
      const oldest = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt)[0];
      if (oldest === undefined) return null;
      this.#forget(oldest[0]);
    }
    const conversation: Conversation = { arena: this.#nextArena++, held: [], usedAt: this.#uses++ };
    this.#conversations.set(id, conversation);
    return conversation;
  }

  #send(active: Active, nowMs: number): CoordinatorEffect {
    const ring = this.#ring;
    if (ring === null) throw new RangeError("frames are sent only while there is a ring");
    const base = active.sent;
    const remaining = unsent(active);
    const T = remaining === 1 ? 1 : Math.max(1, Math.min(remaining, Math.floor(ring.chunkRows(remaining, base))));
    const frame = this.#nextFrame++;
    const wanted = new Uint8Array(T);
    const last = T === remaining;
    if (last) wanted[T - 1] = 1;
    active.sent += T;
    active.firstSentMs ??= nowMs;
    if (last) active.laps++;
    this.#frames.set(frame, {
      frame,
      request: active.request.id,
      arena: active.conversation.arena,
      base,
      wanted: last,
    });
    this.#active = [...this.#active.filter((a) => a !== active), active];
    const commands = this.#commands;
    this.#commands = [];
    return {
      kind: "send",
      frame,
      epoch: ring.epoch,
      commands,
      rows: {
        arena: active.conversation.arena,
        base,
        positions: Int32Array.from({ length: T }, (_, i) => base + i),
        parents: Int32Array.from({ length: T }, (_, i) => (base + i === 0 ? ROOT : base + i - 1)),
        wanted,
      },
      tokenIds: Int32Array.from(active.tokens.slice(base, base + T)),
    };
  }

  #returned(
    frame: FrameNumber,
    activations: Extract<CoordinatorEvent, { kind: "returned" }>["activations"],
  ): CoordinatorEffect[] {
    const active = this.#owner(frame);
    if (active === undefined) {
      this.#frames.delete(frame); // cancelled on its way
      return [];
    }
    return [{ kind: "score", frame, activations, policies: [policyOf(active)] }];
  }

  #scored(frame: FrameNumber, scores: readonly RowScore[], nowMs: number): CoordinatorEffect[] {
    const active = this.#owner(frame);
    this.#frames.delete(frame);
    const score = scores[0];
    if (active === undefined || score === undefined) return [];
    const { request, tokens, promptTokens } = active;
    const step = tokens.length - promptTokens;
    const token = request.force?.[step] ?? score.chosen;
    tokens.push(token);
    active.firstTokenMs ??= nowMs;
    active.lastTokenMs = nowMs;
    const [best, second] = score.best;
    const effects: CoordinatorEffect[] = [
      {
        kind: "token",
        id: request.id,
        token,
        chosen: score.chosen,
        logProb: score.best.find(({ id }) => id === score.chosen)?.logProb ?? NaN,
        margin: best !== undefined && second !== undefined ? best.logProb - second.logProb : Infinity,
      },
    ];
    const limit = Math.min(request.maxTokens, request.force?.length ?? Infinity);
    if (request.stopIds.includes(token)) effects.push(...this.#end(request.id, "stop", null));
    else if (step + 1 >= limit || tokens.length >= (this.#ring?.capacity ?? 0))
      effects.push(...this.#end(request.id, "length", null));
    return effects;
  }

  /** Ends a request wherever it is. Frames on their way are refuted; their slots count as not computed. */
  #end(id: RequestId, finish: Finish, reason: string | null): CoordinatorEffect[] {
    const waiting = this.#waiting.findIndex(({ request }) => request.id === id);
    const queued = this.#waiting[waiting];
    if (queued !== undefined) {
      this.#waiting.splice(waiting, 1);
      const { request, submittedMs } = queued;
      return [{ kind: "finished", id, finish, reason, output: [], timings: timingsOf(null, request, submittedMs) }];
    }
    const active = this.#active.find(({ request }) => request.id === id);
    if (active === undefined) return [];
    this.#active = this.#active.filter((a) => a !== active);
    const refuted = [...this.#frames.values()].filter(({ request }) => request === id);
    for (const { frame } of refuted) this.#frames.delete(frame);
    const computed = Math.min(active.sent, ...refuted.map(({ base }) => base));
    active.conversation.held = active.tokens.slice(0, computed);
    const effects: CoordinatorEffect[] =
      refuted.length === 0 ? [] : [{ kind: "cancel-frames", frames: refuted.map(({ frame }) => frame) }];
    const output = active.tokens.slice(active.promptTokens);
    return [
      ...effects,
      { kind: "finished", id, finish, reason, output, timings: timingsOf(active, active.request, active.submittedMs) },
    ];
  }

  #lose(reason: string): CoordinatorEffect[] {
    this.#ring = null;
    const effects = [...this.#active].flatMap(({ request }) => this.#end(request.id, "failed", reason));
    this.#frames.clear();
    this.#conversations.clear(); // the stages' caches are gone; token ids come anew with each request
    this.#commands = [];
    return effects.filter(({ kind }) => kind !== "cancel-frames");
  }

  #close(id: ConversationId, nowMs: number): CoordinatorEffect[] {
    const own = [...this.#waiting, ...this.#active]
      .map(({ request }) => request)
      .filter(({ conversation }) => conversation === id);
    const effects = own.flatMap((request) => this.#end(request.id, "cancelled", null));
    this.#forget(id);
    return [...effects, ...this.#pump(nowMs)];
  }

  /** The arena's `free` travels with the next frame: it must keep the frames' order. */
  #forget(id: ConversationId): void {
    const conversation = this.#conversations.get(id);
    if (conversation === undefined) return;
    this.#conversations.delete(id);
    this.#commands.push({ kind: "free", arena: conversation.arena });
  }

  #owner(frame: FrameNumber): Active | undefined {
    const id = this.#frames.get(frame)?.request;
    return this.#active.find(({ request }) => request.id === id);
  }

  #inFlight(active: Active): number {
    let count = 0;
    for (const { request } of this.#frames.values()) if (request === active.request.id) count++;
    return count;
  }
}

function unsent({ tokens, sent }: Active): number {
  return tokens.length - sent;
}

function commonPrefix(held: readonly number[], ids: Int32Array): number {
  let n = 0;
  while (n < held.length && n < ids.length && held[n] === ids[n]) n++;
  return n;
}

function policyOf({ request, tokens, promptTokens }: Active): ScorePolicy {
  const step = tokens.length - promptTokens;
  const { temperature, topP, topK, seed } = request.policy;
  return { temperature, topP, topK, random: seededUniform(seed, step), askIds: [] };
}

function timingsOf(
  active: Active | null,
  request: GenerateRequest,
  submittedMs: number,
): Extract<CoordinatorEffect, { kind: "finished" }>["timings"] {
  const first = active?.firstTokenMs ?? null;
  return {
    promptTokens: request.ids.length,
    reusedTokens: active?.reusedTokens ?? 0,
    prefillMs: active === null || first === null ? 0 : first - (active.firstSentMs ?? first),
    timeToFirstTokenMs: first === null ? 0 : first - submittedMs,
    decodeMs: active === null || first === null ? 0 : active.lastTokenMs - first,
    laps: active?.laps ?? 0,
  };
}
