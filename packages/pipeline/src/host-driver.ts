/** Carries out the coordinator's effects through ports, and measures every lap on the way. */
import {
  toWire,
  type AckFrame,
  type FrameNumber,
  type ReturnFrame,
  type RowsFrame,
  type ScoresFrame,
  type StageTime,
  type WireType,
} from "@jupiter/protocol";
import { Coordinator } from "./coordinator.ts";
import { MEDUSA, type Draft, type Drafter } from "./drafter.ts";
import { PipelineError } from "./errors.ts";
import { LapCosts } from "./lap-costs.ts";
import type { Embedding, Head } from "./ports.ts";
import type {
  ConversationId,
  CoordinatorEffect,
  CoordinatorEvent,
  GenerateRequest,
  RequestId,
  UnmeasuredRing,
} from "./requests.ts";
import { checkReturned, type Expected } from "./returned.ts";

export interface HostPorts {
  readonly embedding: Embedding;
  readonly head: Head;
  /** To the first stage. */
  readonly send: (frame: RowsFrame) => void;
  /** On every control link, ahead of frames. */
  readonly cancel: (frames: readonly FrameNumber[]) => void;
  readonly emit: (event: HostEvent) => void;
  readonly nowMs: () => number;
  /** Calls back after so many milliseconds. */
  readonly after: (delayMs: number, callback: () => void) => void;
  /** The ring cannot go on. Told once per ring. */
  readonly failed: (error: unknown) => void;
  /** Those that requests may name in their `decoding`. */
  readonly drafters?: readonly Drafter[];
  /** The drafter is not asked any more; answers go on without it. */
  readonly drafterFailed?: (name: string, error: unknown) => void;
}

export type HostEvent = Extract<CoordinatorEffect, { kind: "token" | "finished" }> | LapEvent;

/** One frame's way round the ring, as measured. */
export interface LapEvent {
  readonly kind: "lap";
  readonly frame: FrameNumber;
  readonly rows: number;
  /** Slots of its arena before its rows. */
  readonly cached: number;
  readonly wanted: boolean;
  /** Of the rows, those that were guesses when they were sent. */
  readonly drafts?: number;
  readonly dead: boolean;
  /** When it was back, by the host's clock: who hears of it later, perhaps of several at once, still knows how far they were apart. */
  readonly atMs: number;
  /** From before the embedding until the frame is back at the host; the head's time, where the last stage has it, left out. */
  readonly lapMs: number;
  /** 0 where nothing was wanted. */
  readonly headMs: number;
  /** Who has final norm and LM head; not told: the host. */
  readonly headAt?: "last";
  readonly stageTimes: readonly StageTime[];
}

interface Sent extends Expected {
  cancelled: boolean;
  readonly sentMs: number;
  readonly rows: number;
  readonly cached: number;
  readonly drafts: number;
}

export class HostDriver {
  readonly #coordinator: Coordinator;
  readonly #ports: HostPorts;
  readonly #drafters = new Map<string, Drafter>();
  /** Questions that are not answered yet. */
  readonly #asked = new Map<number, AbortController>();
  readonly #sent = new Map<FrameNumber, Sent>();
  readonly #returned = new Map<FrameNumber, Omit<LapEvent, "wanted" | "dead" | "headMs">>();
  #costs = new LapCosts();
  #wire: WireType = "f32";
  #epoch: number | null = null;
  #headOnLast: UnmeasuredRing["headOnLast"];

  constructor(ports: HostPorts) {
    this.#ports = ports;
    for (const drafter of ports.drafters ?? []) this.#drafters.set(drafter.name, drafter);
    this.#coordinator = new Coordinator([...this.#drafters.values(), { name: MEDUSA, isCostly: true }]);
  }

  get pending(): number {
    return this.#coordinator.pending;
  }

  /** All 0 at rest with every conversation closed: else something leaks. */
  get holds(): { readonly pending: number; readonly frames: number; readonly slots: number } {
    return { pending: this.pending, frames: this.#sent.size, slots: this.#coordinator.slots };
  }

  submit(request: GenerateRequest): void {
    this.#handle({ kind: "submit", request });
  }

  cancel(id: RequestId): void {
    this.#handle({ kind: "cancel", id });
  }

  /** Text shows that the answer is complete. */
  stop(id: RequestId): void {
    this.#handle({ kind: "stop", id });
  }

  closeConversation(conversation: ConversationId): void {
    this.#handle({ kind: "close-conversation", conversation });
  }

  ringReady(ring: UnmeasuredRing, wire: WireType): void {
    this.#wire = wire;
    this.#epoch = ring.epoch;
    this.#headOnLast = ring.headOnLast;
    this.#costs = new LapCosts();
    this.#handle({
      kind: "ring-ready",
      ring: { ...ring, costOf: this.#costs.costOf, stageMsOf: this.#costs.stageMsOf },
    });
  }

  ringLost(reason: string): void {
    if (this.#epoch === null) return;
    this.#epoch = null;
    this.#sent.clear();
    this.#handle({ kind: "ring-lost", reason });
  }

  /**
   * A frame that came back. Frames of an earlier ring may still come; they mean nothing any more. One that does not bring what was wanted of it ends
   * the ring.
   */
  receive(frame: ReturnFrame | ScoresFrame | AckFrame): void {
    if (frame.epoch !== this.#epoch) return;
    const sent = this.#sent.get(frame.frame);
    if (sent === undefined) {
      this.#fail(
        new PipelineError("bad-frame", `Frame ${frame.frame} came back, but was not sent or came back before.`),
      );
      return;
    }
    try {
      checkReturned(frame, sent, this.#headOnLast ?? null);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#sent.delete(frame.frame);
    const atMs = this.#ports.nowMs();
    const lap = {
      kind: "lap",
      frame: frame.frame,
      rows: sent.rows,
      cached: sent.cached,
      drafts: sent.drafts,
      atMs,
      lapMs: atMs - sent.sentMs,
      stageTimes: frame.times,
    } as const;
    switch (frame.kind) {
      case "ack":
        this.#emitLap({ ...lap, wanted: false, dead: frame.dead, headMs: 0 });
        this.#handle({ kind: "acknowledged", frame: frame.frame });
        return;
      case "return":
        this.#returned.set(frame.frame, lap);
        this.#handle({ kind: "returned", frame: frame.frame, activations: frame.activations });
        this.#returned.delete(frame.frame); // still there if the frame's request ended meanwhile
        return;
      case "scores":
        this.#told(frame, lap);
        return;
      default:
        frame satisfies never;
    }
  }

  #told({ frame, headUs, scores }: ScoresFrame, lap: Omit<LapEvent, "wanted" | "dead" | "headMs">): void {
    const headMs = headUs / 1000;
    const lapMs = Math.max(0, lap.lapMs - headMs);
    this.#emitLap({ ...lap, lapMs, headMs, headAt: "last", wanted: true, dead: false });
    this.#handle({ kind: "told", frame, scores });
  }

  #emitLap(lap: LapEvent): void {
    this.#costs.observe(lap);
    this.#ports.emit(lap);
  }

  #handle(event: CoordinatorEvent): void {
    for (const effect of this.#coordinator.handle(event, this.#ports.nowMs())) this.#carryOut(effect);
  }

  #score({ frame, activations, policies }: Extract<CoordinatorEffect, { kind: "score" }>): void {
    const epoch = this.#epoch;
    const lap = this.#returned.get(frame);
    this.#ports.head.score(activations, policies).then(
      ({ result, computeMs }) => {
        if (epoch !== this.#epoch) return; // the ring was lost meanwhile, and the request with it
        if (result.length !== policies.length) {
          const asked = `The head was to score ${policies.length} rows of frame ${frame} and scored ${result.length}.`;
          this.#fail(new PipelineError("stage-failed", `${asked} Reload the page, or choose another model.`));
          return;
        }
        if (lap !== undefined) this.#emitLap({ ...lap, wanted: true, dead: false, headMs: computeMs });
        this.#handle({ kind: "scored", frame, scores: result });
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #carryOut(effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "send":
        this.#send(effect);
        return;
      case "cancel-frames":
        for (const frame of effect.frames) {
          const sent = this.#sent.get(frame);
          if (sent !== undefined) sent.cancelled = true;
        }
        this.#ports.cancel(effect.frames);
        return;
      case "token":
      case "finished":
        this.#ports.emit(effect);
        return;
      case "score":
        this.#score(effect);
        return;
      case "turn":
        this.#handle(effect);
        return;
      case "wake":
        this.#ports.after(Math.max(0, effect.atMs - this.#ports.nowMs()), () => this.#handle({ kind: "woken" }));
        return;
      case "draft":
        this.#draft(effect);
        return;
      case "abandon-drafts":
        for (const ask of effect.asks) this.#asked.get(ask)?.abort();
        return;
      case "forget-branch":
        for (const drafter of this.#drafters.values()) drafter.forget(effect.branch);
        return;
      default:
        effect satisfies never;
    }
  }

  #send({ frame, epoch, commands, rows, tokenIds, drafts }: Extract<CoordinatorEffect, { kind: "send" }>): void {
    const wanted = [...rows.wanted.keys()].filter((row) => rows.wanted[row] === 1);
    const sentMs = this.#ports.nowMs();
    this.#sent.set(frame, { sentMs, rows: tokenIds.length, cached: rows.base, drafts, wanted, cancelled: false });
    const activations = toWire(this.#ports.embedding(tokenIds), this.#wire);
    this.#ports.send({ kind: "rows", frame, epoch, commands, rows, times: [], dead: false, activations });
  }

  #draft({ ask, drafter: name, views, budget }: Extract<CoordinatorEffect, { kind: "draft" }>): void {
    const controller = new AbortController();
    const { signal } = controller;
    const answer = (drafts: readonly Draft[]) => {
      this.#asked.delete(ask);
      // Also when called back: only now can the drafter be asked again.
      this.#handle({ kind: "drafted", ask, drafts });
    };
    const fail = (error: unknown) => {
      if (!signal.aborted && this.#drafters.delete(name)) this.#ports.drafterFailed?.(name, error);
      answer([]);
    };
    try {
      const drafts = this.#drafters.get(name)?.extend(views, budget, { signal }) ?? [];
      if (!(drafts instanceof Promise)) return answer(drafts);
      this.#asked.set(ask, controller);
      drafts.then(answer, fail);
    } catch (error) {
      fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#epoch === null) return;
    this.#ports.failed(error);
  }
}
