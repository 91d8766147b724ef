/**
 * Questions that donors ask from their own pages, at the host: who may, whose turn it is, and what of the answer the asker is told.
 *
 * Invariants:
 * 1. an asker is told of each question's end once, and of nothing after it;
 * 2. of one device at most one question is before the engine, and at most `MOST_OPEN` are open;
 * 3. of all devices at most `seats` questions are before the engine, and as many of their dialogues keep a cache: one place of the ring's is always
 *    the host's own, if there are two;
 * 4. whoever came first is begun first, among those whose device has none before the engine;
 * 5. what a device asked is gone with its link.
 */
import { GREEDY } from "@jupiter/pipeline";
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import {
  LIMITS,
  type Ask,
  type AskEnd,
  type AskRefusal,
  type AskRule,
  type HostMessage,
  type PeerId,
} from "@jupiter/protocol";
import { endedUntold, type AnswerEvent, type AskOptions, type FinishedAnswer } from "../engine/api.ts";
import { emptyConversation, messagesFor, step, type Conversation, type Turn } from "../state/chat.ts";
import { ASK_EACH, renamedIn, ruleFor, withRule, type AskRules } from "./ask-rules.ts";
import { RateLimit } from "./rate-limit.ts";

export interface AskDeskPorts {
  /** Over the device's control link. */
  readonly tell: (peer: PeerId, message: HostMessage) => void;
  /** It computes in the ring that runs. */
  readonly serves: (peer: PeerId) => boolean;
  /** The answer comes by `take`. */
  readonly ask: (options: AskOptions) => void;
  readonly stopAnswer: (id: string) => void;
  readonly closeConversation: (id: string) => void;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

/** As the host's page shows it. */
export interface DonorAsk {
  /** Of the question and its answer, in the engine. */
  readonly id: string;
  readonly peer: PeerId;
  readonly turn: Turn;
  /** `asking`: a person here is asked. `waiting`: for so many before it. `open`: before the engine. */
  readonly place:
    | { readonly kind: "asking" }
    | { readonly kind: "waiting"; readonly before: number }
    | { readonly kind: "open" }
    | { readonly kind: "ended" };
}

interface Asked extends DonorAsk {
  /** As the asker's page calls it. */
  readonly theirs: number;
  /** By the asker's count. */
  readonly dialogue: number;
}

interface Desk {
  readonly limit: RateLimit;
  /** Of the last question. */
  lastId: number;
  conversation: Conversation;
  /** Which one of the asker's that is; null: it has asked nothing. */
  dialogue: number | null;
}

/** Of one device, the one that is answered among them. */
const MOST_OPEN = 3;
/** As fast as people type short ones. */
const RATE = { perSecond: 1 / 5, burst: 12 };
/** Ended ones that the host's page still shows. */
const MOST_SHOWN = 20;
/** Admitted; the asker hears next how many are before it. */
const UNTOLD = { kind: "waiting", before: -1 } as const;

export class AskDesk {
  /** The newest last. */
  readonly asks: ReadonlySignal<readonly DonorAsk[]>;
  readonly rules: ReadonlySignal<AskRules>;
  /** Of one answer, in tokens. */
  longest = 512;
  readonly #ports: AskDeskPorts;
  readonly #asks = signal<readonly Asked[]>([]);
  readonly #rules: Signal<AskRules>;
  readonly #desks = new Map<PeerId, Desk>();
  /** Conversations with a cache in the ring, the longest unused first. */
  #cached: readonly string[] = [];
  /** Places in the ring for devices' questions; null: no ring runs. */
  #seats: number | null = null;

  constructor(ports: AskDeskPorts, rules = ASK_EACH) {
    this.#ports = ports;
    this.#rules = signal(rules);
    this.rules = this.#rules;
    this.asks = this.#asks;
  }

  /** Its page knows how to ask; it is told whether it may. One that says so again is known already. */
  greet(peer: PeerId): void {
    if (this.#desks.has(peer)) return;
    this.#desks.set(peer, {
      limit: new RateLimit(RATE, this.#ports.nowMs()),
      lastId: -1,
      conversation: emptyConversation(this.#ports.newId()),
      dialogue: null,
    });
    this.#tellRule(peer);
  }

  /** Its link is gone, and what it asked with it. */
  left(peer: PeerId): void {
    this.#forget(peer);
    this.#next();
  }

  /** The device comes back under another id. */
  returned(former: PeerId, peer: PeerId): void {
    this.#rules.value = renamedIn(this.#rules.peek(), former, peer);
  }

  setRuleForAll(all: AskRule): void {
    this.#changeRules({ ...this.#rules.peek(), all });
  }

  /** Null: as for all. */
  setRule(peer: PeerId, rule: AskRule | null): void {
    this.#changeRules(withRule(this.#rules.peek(), peer, rule));
  }

  receive(peer: PeerId, ask: Ask): void {
    const desk = this.#desks.get(peer);
    const refuse = (why: AskRefusal) => this.#tellEnd(peer, ask.id, { kind: "refused", why });
    if (desk === undefined) return refuse("none");
    if (!desk.limit.take(this.#ports.nowMs())) return refuse("too-often");
    if (ask.id <= desk.lastId || this.#openOf(peer).length >= MOST_OPEN) return refuse("busy");
    desk.lastId = ask.id;
    const rule = ruleFor(this.#rules.peek(), peer);
    if (rule === "none") return refuse("none");
    if (!this.#ports.serves(peer)) return refuse("not-serving");
    const id = this.#ports.newId();
    const question = ask.question.trim();
    const turn: Turn = { id, question, answer: "", state: { kind: "waiting" } };
    const place = rule === "all" ? UNTOLD : ({ kind: "asking" } as const);
    this.#asks.value = [...this.#now, { id, peer, turn, place, theirs: ask.id, dialogue: ask.conversation }];
    if (rule === "each") this.#ports.tell(peer, { type: "ask-waits", id: ask.id, before: null });
    this.#next();
  }

  /** By the asker. */
  stopTheirs(peer: PeerId, theirs: number): void {
    const ask = this.#openOf(peer).find((each) => each.theirs === theirs);
    if (ask !== undefined) this.#drop([ask.id], { kind: "stopped", by: "asker" });
  }

  /** By a person at the host. */
  stop(id: string): void {
    this.#drop([id], { kind: "stopped", by: "host" });
  }

  admit(id: string): void {
    const ask = this.#find(id);
    if (ask?.place.kind !== "asking") return;
    // Its turn counts from now on.
    this.#asks.value = [...this.#now.filter((each) => each !== ask), { ...ask, place: UNTOLD }];
    this.#next();
  }

  refuse(id: string): void {
    if (this.#find(id)?.place.kind === "asking") this.#drop([id], { kind: "refused", why: "refused" });
  }

  /** Of any request; those that are not a device's are none of its business. */
  take(event: AnswerEvent): void {
    const ask = this.#find(event.id);
    if (ask?.place.kind !== "open") return;
    const desk = this.#desks.get(ask.peer);
    if (desk === undefined) return;
    desk.conversation = step(desk.conversation, event);
    const turn = desk.conversation.turns.at(-1) ?? ask.turn;
    // Never less than before: what is told is not taken back.
    for (const text of pieces(turn.answer.slice(ask.turn.answer.length)))
      this.#ports.tell(ask.peer, { type: "ask-text", id: ask.theirs, text });
    this.#put({ ...ask, turn });
    if (event.kind !== "finished") return;
    this.#end({ ...ask, turn }, endOf(turn));
    this.#next();
  }

  /** A ring runs that keeps so many dialogues. */
  ringReady(arenas: number): void {
    this.#seats = Math.max(1, arenas - 1);
    this.#next();
  }

  /** Another one follows at once: what waits goes on waiting. */
  ringMoves(message: string): void {
    this.#seats = null;
    this.#cached = [];
    this.#drop(
      this.#now.flatMap(({ id, place }) => (place.kind === "open" ? [id] : [])),
      { kind: "failed", message },
    );
  }

  ringLost(message: string): void {
    this.ringMoves(message);
    this.#drop(
      this.#now.map(({ id }) => id),
      { kind: "failed", message },
    );
  }

  /** Begins what may begin, and tells those that wait how many are before them. */
  #next(): void {
    for (let next = this.#startable(); next !== undefined; next = this.#startable()) this.#begin(next);
    const busy = this.#now.filter(({ place }) => place.kind === "open").length;
    const waiting = this.#now.filter(({ place }) => place.kind === "waiting");
    waiting.forEach((ask, i) => {
      const before = busy + i;
      if (ask.place.kind !== "waiting" || ask.place.before === before) return;
      this.#put({ ...ask, place: { kind: "waiting", before } });
      this.#ports.tell(ask.peer, { type: "ask-waits", id: ask.theirs, before });
    });
  }

  #startable(): Asked | undefined {
    const open = this.#now.filter(({ place }) => place.kind === "open");
    if (this.#seats === null || open.length >= this.#seats) return undefined;
    return this.#now.find(({ place, peer }) => place.kind === "waiting" && !open.some((each) => each.peer === peer));
  }

  #begin(ask: Asked): void {
    const desk = this.#desks.get(ask.peer);
    if (desk === undefined) return;
    if (ask.dialogue !== desk.dialogue) {
      desk.dialogue = ask.dialogue;
      this.#closeConversation(desk.conversation.id);
      desk.conversation = emptyConversation(this.#ports.newId());
    }
    // Questions that got no answer say nothing to the next.
    const conversation = { ...desk.conversation, turns: desk.conversation.turns.filter(({ answer }) => answer !== "") };
    const { id, question } = ask.turn;
    const messages = messagesFor(conversation, question);
    desk.conversation = step(conversation, { kind: "asked", id, question });
    this.#makeRoom(conversation.id);
    this.#put({ ...ask, place: { kind: "open" } });
    this.#ports.tell(ask.peer, { type: "ask-waits", id: ask.theirs, before: 0 });
    this.#ports.ask({
      id,
      conversation: conversation.id,
      prompt: { kind: "chat", messages },
      maxTokens: this.longest,
      policy: GREEDY,
      stop: [],
    });
  }

  /** Devices' dialogues never cost the host's own its cache. */
  #makeRoom(conversation: string): void {
    const others = this.#cached.filter((id) => id !== conversation);
    const open = new Set(
      this.#now.flatMap(({ peer, place }) => (place.kind === "open" ? [this.#desks.get(peer)?.conversation.id] : [])),
    );
    const idle = others.filter((id) => !open.has(id));
    const tooMany = others.length + 1 - (this.#seats ?? 1);
    for (const id of idle.slice(0, Math.max(0, tooMany))) this.#closeConversation(id);
    this.#cached = [...this.#cached.filter((id) => id !== conversation), conversation];
  }

  #closeConversation(id: string): void {
    if (!this.#cached.includes(id)) return;
    this.#cached = this.#cached.filter((other) => other !== id);
    this.#ports.closeConversation(id);
  }

  /** Ends them wherever they are, before the engine says so: what it still tells of them is not heard. */
  #drop(ids: readonly string[], end: AskEnd): void {
    for (const id of ids) {
      const ask = this.#find(id);
      if (ask === undefined || ask.place.kind === "ended") continue;
      if (ask.place.kind === "open") this.#ports.stopAnswer(id);
      const desk = this.#desks.get(ask.peer);
      const finished = finishedBy(ask.turn, end);
      if (desk !== undefined) desk.conversation = step(desk.conversation, finished);
      const { turns } = step({ ...emptyConversation(id), turns: [ask.turn] }, finished);
      this.#end({ ...ask, turn: turns[0] ?? ask.turn }, end);
    }
    this.#next();
  }

  #end(ask: Asked, end: AskEnd): void {
    this.#put({ ...ask, place: { kind: "ended" } });
    this.#tellEnd(ask.peer, ask.theirs, end);
    if (end.kind === "refused") this.#asks.value = this.#now.filter(({ id }) => id !== ask.id);
    const ended = this.#now.filter(({ place }) => place.kind === "ended");
    const tooMany = new Set(ended.slice(0, Math.max(0, ended.length - MOST_SHOWN)));
    if (tooMany.size > 0) this.#asks.value = this.#now.filter((each) => !tooMany.has(each));
  }

  #forget(peer: PeerId): void {
    const desk = this.#desks.get(peer);
    if (desk === undefined) return;
    const open = this.#openOf(peer);
    for (const { id, place } of open) if (place.kind === "open") this.#ports.stopAnswer(id);
    this.#asks.value = this.#now.filter((ask) => ask.peer !== peer);
    this.#closeConversation(desk.conversation.id);
    this.#desks.delete(peer);
  }

  #changeRules(rules: AskRules): void {
    const before = this.#rules.peek();
    this.#rules.value = rules;
    for (const peer of this.#desks.keys()) {
      const rule = ruleFor(rules, peer);
      if (rule === ruleFor(before, peer)) continue;
      this.#tellRule(peer);
      const open = this.#openOf(peer).map(({ id }) => id);
      if (rule === "none") this.#drop(open, { kind: "refused", why: "none" });
      else if (rule === "all") for (const id of open) this.admit(id);
    }
  }

  #tellRule(peer: PeerId): void {
    this.#ports.tell(peer, { type: "ask-rule", rule: ruleFor(this.#rules.peek(), peer) });
  }

  #tellEnd(peer: PeerId, id: number, end: AskEnd): void {
    this.#ports.tell(peer, { type: "ask-ended", id, end });
  }

  #openOf(peer: PeerId): readonly Asked[] {
    return this.#now.filter((ask) => ask.peer === peer && ask.place.kind !== "ended");
  }

  #find(id: string): Asked | undefined {
    return this.#now.find((ask) => ask.id === id);
  }

  get #now(): readonly Asked[] {
    return this.#asks.peek();
  }

  #put(ask: Asked): void {
    this.#asks.value = this.#now.map((each) => (each.id === ask.id ? ask : each));
  }
}

/** As the asker is told of it. */
function endOf({ state }: Turn): AskEnd {
  switch (state.kind) {
    case "complete":
      return { kind: "complete", tokens: state.figures.tokens };
    case "length":
      return { kind: "cut", tokens: state.figures.tokens };
    case "stopped":
      return { kind: "stopped", by: "host" };
    case "failed":
      return { kind: "failed", message: state.message.slice(0, 1000) };
    case "waiting":
    case "streaming":
      throw new TypeError(`an answer that is ${state.kind} has not ended`);
    default:
      return state satisfies never;
  }
}

/** As an engine would tell it. */
function finishedBy({ id, answer }: Turn, end: AskEnd): FinishedAnswer {
  return endedUntold(id, end.kind === "failed" ? end.message : null, answer);
}

function pieces(text: string): readonly string[] {
  const most = LIMITS.answerTextChars;
  return Array.from({ length: Math.ceil(text.length / most) }, (_, i) => text.slice(i * most, (i + 1) * most));
}
